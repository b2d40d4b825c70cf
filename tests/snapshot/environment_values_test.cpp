#include <unistd.h>

#include <array>
#include <map>

#include "envlock/core/text.h"
#include "envlock/snapshot/snapshot.h"
#include "support/catch.h"

using namespace envlock;

namespace {

/// A machine of which only the variables are told.
std::map<std::string, std::string> told(std::vector<std::pair<std::string, std::string>> variables) {
  snapshot::MachineSources sources;
  sources.cuda_library = sources.nvml_library = "/nonexistent/driver.so";
  sources.environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "CONDA_PREFIX") return "/home/jane/envs/ml";
    return std::nullopt;
  };
  sources.private_names = {"jane", "node17", "x", "me"};
  sources.numeric_environment = std::move(variables);
  core::Notes notes;
  const snapshot::Machine machine = snapshot::capture_machine(notes, sources);
  return {machine.environment.begin(), machine.environment.end()};
}

}  // namespace

TEST_CASE("what tells of numerics stays as it is") {
  const std::map<std::string, std::string> plain = {
      {"OMP_NUM_THREADS", "8"},
      {"OMP_PLACES", "{0:4}:8:4"},
      {"GOMP_CPU_AFFINITY", "0-10:2 12 14"},
      {"MKL_CBWR", "AVX2,STRICT"},
      {"CUBLAS_WORKSPACE_CONFIG", ":4096:8"},
      {"CUDA_VISIBLE_DEVICES", "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6,1"},
      {"GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2_Usable,-AVX512F"},
      {"TORCH_CUDA_ARCH_LIST", "8.0;9.0+PTX"},
      {"XLA_FLAGS", "--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=2"},
      {"NVIDIA_TF32_OVERRIDE", "0"},
      {"CUDA_CACHE_DISABLE", ""},
  };
  CHECK(told({plain.begin(), plain.end()}) == plain);
}

TEST_CASE("places, people, machines and keys are cut out of values") {
  const std::vector<std::array<std::string, 3>> cases = {
      {"LD_LIBRARY_PATH", "/usr/local/cuda-12.4/lib64:/home/jane/lib::/scratch/x",
       "/usr/local/cuda-12.4/lib64:***::***"},
      {"LD_LIBRARY_PATH", "/home/jane/envs/ml/lib:/home/jane/envs/mlx/lib", "$CONDA_PREFIX/lib:***"},
      {"LD_LIBRARY_PATH", "relative/jane", "***"},
      {"LD_LIBRARY_PATH", "/usr/lib/x86_64-linux-gnu:/usr/local/stow/jane", "/usr/lib/x86_64-linux-gnu:***"},
      {"LD_PRELOAD", "/home/jane/lib/libjemalloc.so.2 /opt/tools/libx.so", "libjemalloc.so.2:libx.so"},
      {"LD_PRELOAD", "/home/jane/libjane-1.so", "lib***-1.so"},
      {"PYTHONPATH", "/home/jane/src", "***"},
      {"TORCH_HOME", "/home/jane/.cache/torch", "***"},
      {"XLA_FLAGS", "--xla_dump_to=/tmp/jane --xla_x=1", "--xla_dump_to=*** --xla_x=1"},
      {"NCCL_COMM_ID", "10.0.0.1:1234", "set"},
      {"NCCL_HOSTID", "a", "set"},
      {"TORCH_API_KEY", "abc", "set"},
      {"TORCH_API_KEY", "", ""},
      {"TORCH_my_token", "abc", "set"},
      {"NCCL_SOCKET_IFNAME", "=eth0,10.1.2.3", "=eth0,***"},
      {"NCCL_IB_HCA", "mlx5_0:1", "mlx5_0:1"},
      {"NCCL_X", "fe80::1%eth0", "***"},
      {"NCCL_X", "fe80::1", "***"},
      {"NCCL_X", "aa:bb:cc:dd:ee:ff", "***"},
      {"NCCL_X", "jane@node17", "***"},
      {"NCCL_X", "node17-a jane1", "***-a ***1"},
      {"NCCL_X", "me same x", "*** same x"},
      {"NCCL_X", "login1.cluster.example.org", "***"},
      {"NCCL_X", "ghp_0123456789abcdefghijABCDEFGHIJ", "***"},
      {"NCCL_X", "https://user:secret@host/x?token=1", "***=***"},
      {"NCCL_X", "~/x", "***"},
      {"NCCL_X", "C:\\Users\\jane", "***"},
      {"OMP_X", "a\x1b[31m", "a\\x1B[31m"},
  };
  for (const auto& [name, value, want] : cases) {
    CAPTURE(name, value);
    CHECK(told({{name, value}}).at(name) == want);
  }
}

TEST_CASE("this process's own host and user are private") {
  std::array<char, 256> host{};
  REQUIRE(gethostname(host.data(), host.size() - 1) == 0);
  const std::string name(host.data());
  if (name.size() < 2) {
    WARN("skipped: this machine has no name to speak of");
    return;
  }
  const std::string value = snapshot::public_value("NCCL_X", "at " + name);
  CHECK(value.find(name) == std::string::npos);
}
