#include <algorithm>
#include <cstdlib>
#include <map>

#include "envlock/snapshot/snapshot.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/temporary_folder.h"

using namespace envlock;

namespace {

std::map<std::string, std::string, std::less<>> g_variables;

std::optional<std::string> look_up(std::string_view name) {
  const auto found = g_variables.find(name);
  return found == g_variables.end() ? std::nullopt : std::optional(found->second);
}

/// A machine made of files.
class FakeMachine {
 public:
  FakeMachine() {
    g_variables.clear();
    sources.cuda_library = "/nonexistent/libcuda.so";
    sources.nvml_library = "/nonexistent/libnvml.so";
    sources.driver_milliseconds = 20000;
    sources.environment = look_up;
    sources.cpu_info = folder.path() / "proc/cpuinfo";
    sources.proc = folder.path() / "proc";
    sources.sys = folder.path() / "sys";
    sources.etc = folder.path() / "etc";
    sources.cuda_toolkit = folder.path() / "cuda";
    sources.kernel_release = "6.1.0-18-amd64";
    sources.architecture = "x86_64";
    sources.glibc = "2.36";
    sources.processors = 8;
    sources.numeric_environment.emplace();
    sources.private_names = {"jane", "node17"};
  }
  void driver(const std::string& cuda, const std::string& nvml) {
    if (!cuda.empty()) sources.cuda_library = std::string(FAKE_DRIVERS) + "/fake_driver_" + cuda + ".so";
    if (!nvml.empty()) sources.nvml_library = std::string(FAKE_DRIVERS) + "/fake_nvml_" + nvml + ".so";
  }
  void cache(int cpu, int index, const std::string& level, const std::string& type, const std::string& size) const {
    const std::string base =
        "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cache/index" + std::to_string(index) + "/";
    folder.write(base + "level", level + "\n");
    folder.write(base + "type", type + "\n");
    folder.write(base + "size", size + "\n");
  }
  snapshot::Machine capture() {
    notes = {};
    return snapshot::capture_machine(notes, sources);
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const core::Note& note : notes.all()) all.push_back(note.diagnostic.code);
    return all;
  }

  envlock_test::TemporaryFolder folder;
  snapshot::MachineSources sources;
  core::Notes notes;
};

using Codes = std::vector<std::string>;

void make_whole(FakeMachine& machine) {
  machine.folder.write(
      "proc/cpuinfo",
      "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Gold 6248\nflags\t\t: "
      "fpu sse4_2 avx avx2 fma avx512f avx512bw rdrand\n\nprocessor\t: 1\nmodel name\t: Another\n");
  machine.cache(0, 0, "1", "Data", "32K");
  machine.cache(0, 1, "1", "Instruction", "32K");
  machine.cache(0, 2, "2", "Unified", "1024K");
  machine.cache(1, 0, "1", "Data", "48K");
  machine.cache(1, 3, "3", "Unified", "32M");
  machine.folder.write("sys/devices/system/cpu/cpufreq/cache/index0/level", "4\n");
  machine.folder.write("proc/self/cgroup", "0::/jobs/42\n");
  machine.folder.write("sys/fs/cgroup/jobs/cpu.max", "250000 100000\n");
  machine.folder.write("sys/fs/cgroup/jobs/42/cpu.max", "max 100000\n");
  machine.folder.write("sys/fs/cgroup/jobs/42/memory.max", "4294967296\n");
  machine.folder.write("sys/fs/cgroup/memory.max", "max\n");
  machine.folder.write("proc/meminfo", "MemTotal:       32776564 kB\nMemFree: 1 kB\n");
  machine.folder.write("etc/os-release", "NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  machine.folder.write("cuda/version.json", "{\"cuda\": {\"name\": \"CUDA SDK\", \"version\": \"12.9.1\"}}");
  machine.driver("answers", "answers");
  machine.sources.numeric_environment = {{"OMP_NUM_THREADS", "8"}, {"TORCH_HOME", "/home/jane/cache"}};
  g_variables = {{"LD_LIBRARY_PATH", "/usr/local/cuda/lib64:/home/jane/lib"}, {"CUDA_VISIBLE_DEVICES", "0"}};
}

}  // namespace

TEST_CASE("a machine is told as its files and its driver tell it") {
  FakeMachine machine;
  make_whole(machine);
  snapshot::Machine found = machine.capture();
  // Those of the C library and the kernel that run this test are not the fake machine's.
  std::erase_if(found.virtual_packages, [](const auto& package) { return !package.name.starts_with("__cuda"); });
  const std::string text = snapshot::format({std::nullopt, found});
  CHECK(envlock_test::compare_with_golden("snapshot/machine.json", text) == "");
  CHECK(snapshot::parse(text, "text").machine == found);
  CHECK(machine.codes() == Codes{});
}

TEST_CASE("a machine that tells nothing is told with nothing") {
  FakeMachine machine;
  const snapshot::Machine found = machine.capture();
  CHECK(found.cpu == "");
  CHECK(found.isa.empty());
  CHECK(found.caches.empty());
  CHECK(found.memory_bytes == 0);
  CHECK(!found.cpu_quota);
  CHECK(found.gpus.empty());
  CHECK(found.nvidia_driver == "");
  CHECK(found.cuda_toolkit == "");
  CHECK(machine.codes() == Codes{});
  CHECK(snapshot::parse(snapshot::format({std::nullopt, found}), "text").machine == found);
}

TEST_CASE("the control groups of version 1 count, and a limit above what there is does not") {
  FakeMachine machine;
  machine.folder.write("proc/meminfo", "MemTotal: 1048576 kB\n");
  machine.folder.write("proc/self/cgroup", "4:cpu,cpuacct:/job\n3:memory:/job\n");
  machine.folder.write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "150000\n");
  machine.folder.write("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
  machine.folder.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(machine.capture().cpu_quota == 1.5);
  CHECK(!machine.capture().memory_limit_bytes);
  machine.folder.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "4096\n");
  CHECK(machine.capture().memory_limit_bytes == 4096);
  machine.folder.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  machine.folder.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741823\n");
  CHECK(machine.capture().memory_limit_bytes == 1073741823);
  machine.folder.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
  CHECK(!machine.capture().memory_limit_bytes);
  machine.folder.write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
  CHECK(!machine.capture().cpu_quota);
}

TEST_CASE("an ARM processor is told by its part and its features") {
  FakeMachine machine;
  machine.folder.write("proc/cpuinfo",
                       "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 sve i8mm bf16\nCPU implementer\t: "
                       "0x41\nCPU part\t: 0xd40\n");
  const snapshot::Machine found = machine.capture();
  CHECK(found.cpu == "ARM implementer 0x41 part 0xd40");
  CHECK(found.microarchitecture == "neoverse_v1");
  CHECK(found.isa == std::vector<std::string>{"asimd", "bf16", "i8mm", "sve"});
}

TEST_CASE("devices that CUDA_VISIBLE_DEVICES hides are told all the same") {
  FakeMachine machine;
  machine.driver("answers", "");
  setenv("CUDA_VISIBLE_DEVICES", "none", 1);
  const snapshot::Machine found = machine.capture();
  unsetenv("CUDA_VISIBLE_DEVICES");
  REQUIRE(found.gpus.size() == 2);
  CHECK(found.gpus[1].multiprocessors == 84);
}

TEST_CASE("a driver that dies or hangs on the way has told what it told") {
  for (const char* behaviour : {"crashes", "hangs"}) {
    CAPTURE(behaviour);
    FakeMachine machine;
    machine.driver("answers", behaviour);
    if (std::string(behaviour) == "hangs") machine.sources.driver_milliseconds = 300;
    const snapshot::Machine found = machine.capture();
    CHECK(machine.codes() == Codes{"gpus-not-told"});
    CHECK(found.nvidia_driver == "550.54.15");
    CHECK(found.cuda_of_driver == "12.9");
    REQUIRE(found.gpus.size() == 2);
    CHECK(found.gpus[0].multiprocessors == 108);
    CHECK(found.gpus[1] == snapshot::Gpu{});
  }
}

TEST_CASE("where NVML refuses, libcuda tells the devices and the kernel the driver's version") {
  FakeMachine machine;
  machine.driver("answers", "refuses");
  machine.folder.write("proc/driver/nvidia/version",
                       "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n");
  const snapshot::Machine found = machine.capture();
  CHECK(machine.codes() == Codes{"gpus-not-told"});
  CHECK(found.nvidia_driver == "535.104.05");
  REQUIRE(found.gpus.size() == 2);
  CHECK(found.gpus[0] == snapshot::Gpu{"GPU-00000001-0000-0000-0000-000000000000", "Device 0", "9.0", 132, 1ull << 30,
                                       std::nullopt, ""});
}

TEST_CASE("an override changes what conda assumes, not what the driver is") {
  FakeMachine machine;
  machine.driver("answers", "answers");
  g_variables = {{"CONDA_OVERRIDE_CUDA", "11.8"}, {"CONDA_OVERRIDE_CUDA_ARCH", "7.5"}};
  const snapshot::Machine found = machine.capture();
  CHECK(found.cuda_of_driver == "12.9");
  CHECK(std::count(found.virtual_packages.begin(), found.virtual_packages.end(),
                   conda::VirtualPackage{"__cuda", "11.8", "0"}) == 1);
  CHECK(found.environment == std::vector<std::pair<std::string, std::string>>{{"CONDA_OVERRIDE_CUDA", "11.8"},
                                                                              {"CONDA_OVERRIDE_CUDA_ARCH", "7.5"}});
}

TEST_CASE("an old toolkit tells its version in a text, and a broken one nothing") {
  FakeMachine machine;
  machine.folder.write("cuda/version.txt", "CUDA Version 10.2.89\n");
  CHECK(machine.capture().cuda_toolkit == "10.2.89");
  for (const char* text : {"", "{", "[]", "{\"cuda\": 1}", "{\"cuda\": {\"version\": 12}}"}) {
    machine.folder.write("cuda/version.json", text);
    CHECK(machine.capture().cuda_toolkit == "10.2.89");
  }
}

TEST_CASE("this machine is told without its name and its user's") {
  core::Notes notes;
  const snapshot::Machine found = snapshot::capture_machine(notes);
  CHECK(found.processors > 0);
  CHECK(found.memory_bytes > 0);
  CHECK(found.kernel != "");
  const std::string text = snapshot::format({std::nullopt, found});
  CHECK(snapshot::parse(text, "text").machine == found);
  CHECK(text.find("/home/") == std::string::npos);
}
