#include <charconv>
#include <chrono>
#include <cmath>
#include <memory>

#include "cublas_products.h"
#include "envlock/blas/cublas.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/machine.h"
#include "operand_bits.h"
#include "tier_work.h"

namespace envlock::blas {
namespace {

constexpr int kBitsOfFloat = 23;
constexpr int kBitsOfTf32 = 10;

class Computation {
 public:
  explicit Computation(const CublasOptions& options) : options_(options) {
    run_.tier = "cublas";
    run_.subject = options.subject;
    run_.spec = probe::kTiersVersion;
    run_.environment = probe::numeric_environment();
  }

  probe::TierRun run() {
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<std::string> mapped = mapped_code();
    run_.canaries_before = check_canaries();
    try {
      compute();
      check_environment(run_);  // a library may change it in its first call
      probe::seal(run_);
    } catch (const cublas::Failure& failure) {
      refuse(failure.what());
    } catch (const core::Error& error) {
      const core::Diagnostic& diagnostic = error.diagnostics().front();
      refuse(diagnostic.what + (diagnostic.why.empty() ? "" : ": " + diagnostic.why.front()));
    }
    run_.mapped = newly_mapped(mapped, options_.prefix);
    run_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::move(run_);
  }

 private:
  void stage(std::string_view name) {
    stage_ = name;
    if (options_.stage) options_.stage(name);
  }

  void refuse(std::string trouble) {
    run_.outcome = probe::TierRun::Outcome::unusable;
    run_.trouble = std::move(trouble);
    run_.stage = stage_;
    run_.sections.clear();
    run_.orders.clear();
    run_.wrong.clear();
    run_.variations.clear();
    check_environment(run_);
  }

  void compute() {
    const bool is_lt = options_.subject == "lt";
    bool outside = false;
    stage("device");
    probe::CudaWorkplace gpu(options_.device);
    describe(gpu);
    stage("loading");
    const cublas::Loaded loaded = cublas::load(options_.library, is_lt);
    check_environment(run_);
    tell("library", from_prefix(is_lt ? loaded.lt_origin : loaded.origin, options_.prefix, outside));
    tell("function", is_lt ? "cublasLtMatmul" : options_.library.function);
    stage("creating");
    const cublas::Workspace workspace = make_workspace(gpu);
    if (is_lt) {
      cublas::LtMatmul lt(loaded.lt, gpu, workspace);
      multiply(lt.product(), false);
      tell_all(lt.facts());
    } else {
      const bool pedantic = options_.subject == "sgemm-pedantic";
      const cublas::Sgemm sgemm(loaded.functions, gpu, workspace, pedantic);
      tell_all(sgemm.facts());
      multiply(sgemm.product(), pedantic);
    }
  }

  void multiply(const Product& product, bool pedantic) {
    stage("operands");
    const int bits = operand_bits(product);
    const bool reduced = bits >= kBitsOfTf32 && bits < kBitsOfFloat;
    tell("operands", bits == kBitsOfFloat  ? "float32"
                     : bits == kBitsOfTf32 ? "rounded to TF32"
                                           : "rounded to " + std::to_string(bits) + " bits");
    compute_sections(product, {},
                     {.size = options_.size,
                      .steps = options_.steps,
                      .shift = options_.shift,
                      .stage = [this](std::string_view name) { stage(name); },
                      // What is asked to round nothing has no excuse.
                      .operand_error = reduced && !pedantic ? std::ldexp(1.0, -bits) : 0.0,
                      .battery = options_.battery},
                     run_);
  }

  cublas::Workspace make_workspace(probe::CudaWorkplace& gpu) {
    const char* const config = std::getenv("CUBLAS_WORKSPACE_CONFIG");
    const std::size_t bytes = workspace_bytes(config == nullptr ? kUsualWorkspace : std::string_view(config));
    tell("workspace", std::to_string(bytes));
    return {bytes == 0 ? 0 : gpu.allocate(bytes), bytes};
  }

  void describe(const probe::CudaWorkplace& gpu) {
    const probe::CudaDevice& device = gpu.device();
    tell("device", "cuda:" + std::to_string(device.index));
    tell("gpu", device.name);
    tell("compute capability", std::to_string(device.major) + "." + std::to_string(device.minor));
    tell("multiprocessors", std::to_string(device.multiprocessors));
    tell("mig", device.is_mig ? "on" : "off");
    const int driver = gpu.driver_version();
    tell("driver's CUDA", std::to_string(driver / 1000) + "." + std::to_string(driver % 1000 / 10));
  }

  void tell(const char* name, std::string value) { run_.details.emplace_back(name, core::printable(value, 200)); }
  void tell_all(cublas::Facts facts) {
    for (auto& fact : facts) run_.details.push_back(std::move(fact));
  }

  const CublasOptions& options_;
  probe::TierRun run_;
  std::string stage_;
};

}  // namespace

std::size_t workspace_bytes(std::string_view config) {
  // ":SIZE:COUNT" again and again, SIZE in KiB.
  constexpr std::size_t kMost = std::size_t{1} << 32;
  std::vector<std::size_t> numbers;
  for (const std::string_view part : core::split(config, ':')) {
    if (part.empty()) continue;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc() || end != part.data() + part.size() || number > kMost) return 0;
    numbers.push_back(number);
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
    const std::size_t kibibytes = numbers[i] * std::min(numbers[i + 1], kMost / (numbers[i] + 1));
    bytes += kibibytes << 10;
  }
  return std::min(bytes, kMost);
}

probe::TierRun compute_cublas(const CublasOptions& options) {
  return Computation(options).run();
}

}  // namespace envlock::blas
