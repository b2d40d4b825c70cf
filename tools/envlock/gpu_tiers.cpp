#include "gpu_tiers.h"

#include <future>
#include <sstream>

#include "envlock/core/text.h"
#include "fresh_process.h"
#include "mapped_digests.h"
#include "probe_child.h"
#include "tier_children.h"

namespace envlock::tools {
namespace {

constexpr std::size_t kShiftOfRepeat = 64;
constexpr double kSecondsToAsk = 20;

struct Device {
  int index = 0;
  probe::GpuClass gpu;
};

/// The line "gpu INDEX MAJOR MINOR MULTIPROCESSORS MIG NAME" of the process that asked the driver.
std::optional<Device> parse_device(const std::string& line) {
  std::istringstream words(line);
  std::string kind, major, minor;
  Device device;
  words >> kind >> device.index >> major >> minor >> device.gpu.multiprocessors >> device.gpu.mig >> std::ws;
  std::getline(words, device.gpu.name);
  if (!words || kind != "gpu") return std::nullopt;
  device.gpu.compute_capability = major + "." + minor;
  return device;
}

/// In a process of its own, for a driver may crash or hang. Where it shows none, `trouble` says why.
std::vector<Device> ask_for_devices(const std::vector<std::string>& environment, std::string& trouble) {
  const Finished child = run_self({.arguments = words_for_gpus(),
                                   .timeout_seconds = kSecondsToAsk,
                                   .environment = &environment,
                                   .answer_descriptor = kAnswerDescriptor});
  std::vector<Device> devices;
  for (const std::string_view line : core::split(child.output, '\n')) {
    constexpr std::string_view kNone = "none ";
    if (line.starts_with(kNone)) trouble = core::printable(line.substr(kNone.size()), 200);
    if (auto device = parse_device(std::string(line))) devices.push_back(std::move(*device));
  }
  if (devices.empty() && trouble.empty()) trouble = "the NVIDIA driver gave no answer";
  return devices;
}

probe::TierRun run_child(const blas::CublasOptions& options, const TierRequest& request,
                         const std::vector<std::string>& environment) {
  const Finished child = run_self({.arguments = words_for_cublas(options),
                                   .timeout_seconds = request.most_seconds,
                                   .environment = &environment,
                                   .answer_descriptor = kAnswerDescriptor});
  const Answer answer = take_apart(child.output);
  if (child.timed_out || child.signal != 0 || child.exit_code != 0 || answer.document.empty()) {
    probe::TierRun run{.tier = "cublas", .subject = options.subject, .spec = std::string(probe::kTiersVersion)};
    run.stage = answer.stage.empty() ? "starting" : answer.stage;
    run.details = {{"device", "cuda:" + std::to_string(options.device)}, {"library", options.library.cublas.string()}};
    tell_how_it_ended(child, request.most_seconds, run);
    return run;
  }
  return probe::parse_tier_run(answer.document, "the answer of the process that ran cuBLAS");
}

probe::TierRun run_subject(blas::CublasOptions options, const TierRequest& request,
                           const std::vector<std::string>& environment) {
  probe::TierRun run = run_child(options, request, environment);
  for (int i = 0; i < request.repeat && run.outcome == probe::TierRun::Outcome::ran; ++i) {
    options.shift = kShiftOfRepeat * static_cast<std::size_t>(i + 1);
    const probe::TierRun repeat = run_child(options, request, environment);
    if (repeat.outcome != probe::TierRun::Outcome::ran) return repeat;
    probe::attach_repeat(run, repeat);
  }
  return run;
}

/// All ways of cuBLAS to multiply on one GPU.
std::vector<GpuTier> run_cublas_on(const Device& device, const blas::CublasLibrary& library, const TierRequest& request,
                                   const std::vector<std::string>& environment) {
  std::vector<GpuTier> tiers;
  for (const std::string& subject : blas::cublas_subjects(library)) {
    if (!request.subject.empty() && subject != request.subject) continue;
    blas::CublasOptions options{.library = library,
                                .subject = subject,
                                .device = device.index,
                                .prefix = request.prefix,
                                .size = request.size,
                                .steps = request.steps,
                                .shift = 0,
                                .battery = request.battery,
                                .stage = {}};
    tiers.push_back(
        {device.gpu, "cuda:" + std::to_string(device.index), run_subject(std::move(options), request, environment)});
  }
  return tiers;
}

/// "": the framework and the driver mean the same GPU, or the framework does not say which it has.
std::string another_gpu(const probe::GpuClass& gpu, const probe::TierRun& run) {
  const auto told = [&](const char* name) { return probe::detail(run.details, name); };
  const std::string name = told("cuda.name");
  if (run.outcome != probe::TierRun::Outcome::ran) return {};
  if (name == gpu.name && told("cuda.capability") == gpu.compute_capability &&
      told("cuda.processors") == std::to_string(gpu.multiprocessors)) {
    return {};
  }
  return "torch has `" + core::printable(name, 80) + "` (compute capability " +
         core::printable(told("cuda.capability"), 20) + ", " + core::printable(told("cuda.processors"), 20) +
         " multiprocessors) there, and the driver " + core::printable(describe(gpu));
}

/// The environment's torch on one GPU.
std::vector<GpuTier> run_torch_on(const Device& device, TierRequest request) {
  request.device = device.index;
  std::vector<GpuTier> tiers;
  for (probe::TierRun& run : run_python_tiers(request)) {
    if (std::string trouble = another_gpu(device.gpu, run); !trouble.empty()) {
      run.outcome = probe::TierRun::Outcome::unusable;
      run.trouble = std::move(trouble);
      run.stage = "device";
    }
    tiers.push_back({device.gpu, "cuda:" + std::to_string(device.index), std::move(run)});
  }
  return tiers;
}

}  // namespace

std::optional<blas::CublasLibrary> find_cublas_of(const TierRequest& request, core::Notes& notes) {
  blas::FindOptions find;
  find.prefix = request.prefix;
  find.ld_library_path = value_of(request, "LD_LIBRARY_PATH");
  find.ld_preload = value_of(request, "LD_PRELOAD");
  return blas::find_cublas(find, notes);
}

GpuTiers run_gpu_tiers(const TierRequest& request, core::Notes& notes) {
  GpuTiers found;
  const auto library = request.cublas ? request.cublas : find_cublas_of(request, notes);
  if (!library && !request.torch_on_gpu) return found;
  const std::vector<std::string> environment = child_environment(request);
  std::vector<Device> devices;
  if (request.device) {
    devices.push_back({*request.device, {}});
  } else {
    devices = ask_for_devices(environment, found.skipped);
  }
  const auto run_device = [&](const Device& device) {
    std::vector<GpuTier> tiers;
    if (library) tiers = run_cublas_on(device, *library, request, environment);
    if (!request.torch_on_gpu) return tiers;
    for (GpuTier& tier : run_torch_on(device, request)) tiers.push_back(std::move(tier));
    return tiers;
  };
  // GPUs work side by side: each has its own processes, and those mostly wait.
  std::vector<std::future<std::vector<GpuTier>>> pending;
  for (const Device& device : devices) pending.push_back(std::async([&] { return run_device(device); }));
  MappedDigests digests(request.prefix);
  for (auto& each : pending) {
    for (GpuTier& tier : each.get()) {
      if (tier.run.tier == "cublas") digests.add_to(tier.run);
      found.tiers.push_back(std::move(tier));
    }
  }
  return found;
}

}  // namespace envlock::tools
