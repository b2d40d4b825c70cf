// cuBLAS's tier against the fake libraries of tests/ptx, and, tagged [device], against real ones on a real GPU.
#include "envlock/blas/cublas.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "../../../lib/blas/src/cublas_library.h"
#include "envlock/blas/sum_order.h"
#include "envlock/core/diagnostic.h"
#include "envlock/probe/cuda.h"
#include "support/catch.h"

using namespace envlock;
using Outcome = probe::TierRun::Outcome;

namespace {

/// A variable, for as long as this lives.
class Setting {
 public:
  Setting(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Setting() { unsetenv(name_); }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
};

blas::CublasLibrary fake() {
  return {.cublas = ENVLOCK_FAKE_CUBLAS_LIBRARY, .cublaslt = ENVLOCK_FAKE_CUBLASLT_LIBRARY, .user = {}};
}

probe::TierRun run(const std::string& subject, int device = 0, std::size_t shift = 0,
                   const std::string& function = "cublasSgemm_v2") {
  blas::CublasLibrary library = fake();
  library.function = function;
  return blas::compute_cublas({.library = library,
                               .subject = subject,
                               .device = device,
                               .prefix = std::filesystem::path(ENVLOCK_FAKE_CUBLAS_LIBRARY).parent_path(),
                               .size = "quick",
                               .steps = 1,
                               .shift = shift,
                               .stage = {}});
}

const probe::TierRun& right() {
  static const probe::TierRun the = run("sgemm");
  return the;
}

std::string fact(const probe::TierRun& run, const char* name) {
  return probe::detail(run.details, name);
}

}  // namespace

TEST_CASE("cublasSgemm is run like a library of the processor's, and what was used is told", "[fake]") {
  const probe::TierRun& run = right();
  REQUIRE(run.outcome == Outcome::ran);
  CHECK(run.tier == "cublas");
  CHECK(judge(run) == probe::TierVerdict::consistent);
  std::vector<std::string> names;
  for (const probe::Section& section : run.sections) names.push_back(section.name);
  CHECK(names == std::vector<std::string>{"integers", "battery", "alignment", "rows", "training"});
  // On a busy machine its time may be over before it is read.
  REQUIRE(!run.orders.empty());
  if (run.orders[0].replayed) {
    CHECK(blas::describe(run.orders[0]) == "K = 2048 in one block; one accumulator; not fused");
  }
  CHECK(run.variations.empty());
  CHECK(fact(run, "function") == "cublasSgemm_v2");
  CHECK(fact(run, "version") == "12.9.99");
  CHECK(fact(run, "math mode") == "default");
  CHECK(fact(run, "operands") == "float32");
  CHECK(fact(run, "workspace") == "33554432");
  CHECK(fact(run, "device") == "cuda:0");
  CHECK(fact(run, "gpu") == "NVIDIA A100-SXM4-40GB");
  CHECK(fact(run, "compute capability") == "8.0");
  CHECK(fact(run, "multiprocessors") == "108");
  CHECK(fact(run, "mig") == "off");
  std::vector<std::string> mapped;
  for (const probe::MappedFile& file : run.mapped) {
    if (!file.outside) mapped.push_back(file.path);
  }
  CHECK(mapped == std::vector<std::string>{"libcublas.so.12", "libcublasLt.so.12"});
}

TEST_CASE("the other ways to multiply, a slice of a GPU and buffers elsewhere give the same bits", "[fake]") {
  const probe::TierRun pedantic = run("sgemm-pedantic", 0, 64, "cublasGemmEx");
  CHECK(pedantic.root == right().root);
  CHECK(fact(pedantic, "function") == "cublasGemmEx");
  CHECK(fact(pedantic, "math mode") == "pedantic");
  const probe::TierRun lt = run("lt", 1);
  REQUIRE(lt.outcome == Outcome::ran);
  CHECK(lt.root == right().root);
  CHECK(fact(lt, "function") == "cublasLtMatmul");
  CHECK(fact(lt, "algorithm gemm.nn.64x64x2048") ==
        "id 0, tile 15, stages 0, split-K 1, reduction 0, swizzling 0, option 0");
  CHECK(fact(lt, "device") == "cuda:1");
  CHECK(fact(lt, "gpu") == "NVIDIA A100-SXM4-40GB MIG 1g.5gb");
  CHECK(fact(lt, "multiprocessors") == "14");
  CHECK(fact(lt, "mig") == "on");
}

TEST_CASE("operands that are rounded to TF32 are another computation, but no wrong one unless it was forbidden",
          "[fake]") {
  const Setting behaviour("ENVLOCK_FAKE_CUBLAS", "tf32");
  const probe::TierRun tf32 = run("sgemm", 0, 0, "cublasGemmEx");
  REQUIRE(tf32.outcome == Outcome::ran);
  CHECK(fact(tf32, "operands") == "rounded to TF32");
  CHECK(tf32.wrong.empty());
  CHECK(tf32.root != right().root);
  CHECK(probe::differing_sections(right(), tf32) ==
        std::vector<std::string>{"battery", "alignment", "rows", "training"});
  CHECK(run("sgemm-pedantic").root == right().root);
  const Setting override("NVIDIA_TF32_OVERRIDE", "0");
  CHECK(run("lt").root == right().root);
}

TEST_CASE("where k is split, the order of sums and the algorithm tell, and the workspace decides", "[fake]") {
  const Setting behaviour("ENVLOCK_FAKE_CUBLAS", "splitk");
  const probe::TierRun split = run("lt");
  REQUIRE(split.outcome == Outcome::ran);
  CHECK(judge(split) == probe::TierVerdict::consistent);
  CHECK(split.root != right().root);
  REQUIRE(!split.orders.empty());
  if (split.orders[0].replayed) {
    CHECK(blas::describe(split.orders[0]) == "K = 2048 in blocks of 4 x 512; one accumulator; not fused");
  }
  CHECK(fact(split, "algorithm gemm.nn.64x64x2048").find("split-K 4, reduction 2") != std::string::npos);
  const Setting workspace("CUBLAS_WORKSPACE_CONFIG", ":0:0");
  CHECK(run("sgemm").root == right().root);
}

TEST_CASE("what is wrong, refused or not there is told", "[fake]") {
  {
    const Setting behaviour("ENVLOCK_FAKE_CUBLAS", "wrong");
    const probe::TierRun wrong = run("sgemm");
    CHECK(judge(wrong) == probe::TierVerdict::wrong);
    REQUIRE(!wrong.wrong.empty());
    CHECK(wrong.wrong[0].place.part == "integers");
    CHECK(wrong.wrong[0].index == std::vector<int>{3, 0});
  }
  const Setting behaviour("ENVLOCK_FAKE_CUBLAS", "alloc");
  const probe::TierRun refused = run("sgemm");
  CHECK(refused.outcome == Outcome::unusable);
  CHECK(refused.stage == "creating");
  CHECK(refused.trouble == "`cublasCreate_v2` answered CUBLAS_STATUS_ALLOC_FAILED");
  const probe::TierRun lt = run("lt");
  CHECK(lt.trouble == "`cublasLtCreate` answered CUBLAS_STATUS_ALLOC_FAILED");
  const probe::TierRun nowhere = run("sgemm", 7);
  CHECK(nowhere.outcome == Outcome::unusable);
  CHECK(nowhere.stage == "device");
  CHECK(nowhere.trouble.starts_with("there is no GPU 7"));
  const probe::TierRun missing =
      blas::compute_cublas({.library = {.cublas = "/nowhere/libcublas.so.12", .cublaslt = {}, .user = {}},
                            .subject = "sgemm",
                            .prefix = {},
                            .stage = {}});
  CHECK(missing.outcome == Outcome::unusable);
  CHECK(missing.stage == "loading");
  CHECK(missing.trouble.find("libcublas.so.12") != std::string::npos);
}

namespace {

/// ENVLOCK_LIBCUBLAS, or the library of this machine.
std::optional<blas::CublasLibrary> real_library() {
  std::vector<std::string> names;
  for (const char* folder : {"", "/usr/local/cuda/lib64/"}) {
    for (const char* number : {"13", "12", "11"}) names.push_back(std::string(folder) + "libcublas.so." + number);
  }
  if (const char* const told = std::getenv("ENVLOCK_LIBCUBLAS"); told != nullptr) names = {told};
  for (const std::string& name : names) {
    void* const handle = dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL);
    void* const symbol = handle == nullptr ? nullptr : dlsym(handle, "cublasSgemm_v2");
    Dl_info info{};
    if (symbol == nullptr || dladdr(symbol, &info) == 0) continue;
    const std::filesystem::path cublas = std::filesystem::canonical(info.dli_fname);
    std::string file = std::filesystem::path(name).filename().string();
    file.insert(std::string_view("libcublas").size(), "Lt");
    for (const std::string& lt :
         {(std::filesystem::path(name).parent_path() / file).string(), (cublas.parent_path() / file).string()}) {
      if (std::filesystem::exists(lt))
        return blas::CublasLibrary{
            .cublas = cublas, .cublaslt = std::filesystem::canonical(lt), .user = {}, .outside = true};
    }
    return blas::CublasLibrary{.cublas = cublas, .cublaslt = {}, .user = {}, .outside = true};
  }
  return std::nullopt;
}

}  // namespace

/// Its preparations need no GPU: they show that names, numbers and sizes of ours are the library's.
TEST_CASE("a real cuBLASLt takes our descriptors", "[.library]") {
  const auto library = real_library();
  if (!library || library->cublaslt.empty()) {
    std::printf("skipped: no cuBLAS on this machine: set ENVLOCK_LIBCUBLAS to a libcublas.so.N\n");
    return;
  }
  namespace cublas = blas::cublas;
  const cublas::Loaded loaded = cublas::load(*library, true);
  CHECK(loaded.lt_origin == library->cublaslt);
  const cublas::LtFunctions& f = loaded.lt;
  std::printf("%s is cuBLASLt %s\n", library->cublaslt.c_str(),
              cublas::format_version(static_cast<int>(f.version())).c_str());
  cublas::Descriptor product = nullptr, layout = nullptr, preference = nullptr;
  REQUIRE(f.create_product(&product, cublas::kCompute32, cublas::kReal32) == cublas::kSuccess);
  const std::int32_t turned = cublas::transposed;
  for (const int attribute : {cublas::transpose_a, cublas::transpose_b}) {
    CHECK(f.set_product(product, attribute, &turned, sizeof turned) == cublas::kSuccess);
  }
  CHECK(f.create_layout(&layout, cublas::kReal32, 64, 32, 64) == cublas::kSuccess);
  REQUIRE(f.create_preference(&preference) == cublas::kSuccess);
  const std::uint64_t bytes = 1 << 20;
  CHECK(f.set_preference(preference, cublas::most_workspace, &bytes, sizeof bytes) == cublas::kSuccess);
  const std::uint32_t alignment = 16;
  for (const int attribute : {cublas::alignment_a, cublas::alignment_b, cublas::alignment_c, cublas::alignment_d}) {
    CHECK(f.set_preference(preference, attribute, &alignment, sizeof alignment) == cublas::kSuccess);
  }
  const cublas::Algorithm algorithm{};
  for (int attribute = cublas::algorithm_id; attribute <= cublas::stages; ++attribute) {
    std::uint32_t value = 0;
    std::size_t written = 0;
    CHECK(f.algorithm_attribute(&algorithm, attribute, &value, sizeof value, &written) == cublas::kSuccess);
  }
  CHECK(f.destroy_preference(preference) == cublas::kSuccess);
  CHECK(f.destroy_layout(layout) == cublas::kSuccess);
  CHECK(f.destroy_product(product) == cublas::kSuccess);
}

TEST_CASE("real cuBLAS on a real GPU", "[.device]") {
  std::vector<probe::CudaDevice> devices;
  try {
    devices = probe::find_cuda().devices;
  } catch (const core::Error& error) {
    std::printf("skipped: no CUDA device (%s)\n", error.diagnostics().front().what.c_str());
    return;
  }
  const auto library = real_library();
  if (!library) {
    std::printf("skipped: no cuBLAS on this machine: set ENVLOCK_LIBCUBLAS to a libcublas.so.N\n");
    return;
  }
  for (const probe::CudaDevice& device : devices) {
    for (const std::string& subject : blas::cublas_subjects(*library)) {
      INFO(device.name << ", " << subject << ", " << library->cublas);
      blas::CublasOptions options{
          .library = *library, .subject = subject, .device = device.index, .prefix = {}, .stage = {}};
      const probe::TierRun first = blas::compute_cublas(options);
      INFO(first.stage << ": " << first.trouble);
      REQUIRE(first.outcome == Outcome::ran);
      for (const auto& [name, value] : first.details) std::printf("%s: %s\n", name.c_str(), value.c_str());
      for (const probe::SumOrder& order : first.orders) std::printf("order: %s\n", blas::describe(order).c_str());
      std::printf("%.1f seconds\n\n", first.seconds);
      CHECK(first.wrong.empty());
      if (subject == "sgemm-pedantic") CHECK(fact(first, "operands") == "float32");
      options.shift = 64;
      CHECK(blas::compute_cublas(options).root == first.root);
    }
  }
}
