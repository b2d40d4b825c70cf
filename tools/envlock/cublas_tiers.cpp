#include "cublas_tiers.h"

#include <future>
#include <map>
#include <sstream>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "fresh_process.h"
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

/// All ways to multiply on one GPU.
std::vector<GpuTier> run_device(const Device& device, const blas::CublasLibrary& library, const TierRequest& request,
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
                                .stage = {}};
    tiers.push_back(
        {device.gpu, "cuda:" + std::to_string(device.index), run_subject(std::move(options), request, environment)});
  }
  return tiers;
}

/// Digests of the mapped files that lie in the prefix; cuBLASLt has half a gigabyte, and every run maps it.
class Digests {
 public:
  explicit Digests(std::filesystem::path prefix) : prefix_(std::move(prefix)) {}

  void add_to(probe::TierRun& run) {
    std::erase_if(run.mapped, [&](probe::MappedFile& file) {
      if (file.outside) return false;
      const auto [known, is_new] = digests_.try_emplace(file.path);
      if (is_new) known->second = digest_of(prefix_ / file.path);
      if (known->second) file.sha256 = *known->second;
      return !known->second;
    });
  }

 private:
  static std::optional<core::Sha256> digest_of(const std::filesystem::path& file) {
    try {
      return core::sha256(core::MappedFile(file).bytes());
    } catch (const core::Error&) {
      return std::nullopt;  // it was deleted since
    }
  }

  std::filesystem::path prefix_;
  std::map<std::string, std::optional<core::Sha256>> digests_;
};

}  // namespace

std::optional<blas::CublasLibrary> find_cublas_of(const TierRequest& request, core::Notes& notes) {
  blas::FindOptions find;
  find.prefix = request.prefix;
  find.ld_library_path = value_of(request, "LD_LIBRARY_PATH");
  find.ld_preload = value_of(request, "LD_PRELOAD");
  return blas::find_cublas(find, notes);
}

GpuTiers run_cublas_tiers(const TierRequest& request, core::Notes& notes) {
  GpuTiers found;
  const auto library = request.cublas ? request.cublas : find_cublas_of(request, notes);
  if (!library) return found;
  const std::vector<std::string> environment = child_environment(request);
  std::vector<Device> devices;
  if (request.device) {
    devices.push_back({*request.device, {}});
  } else {
    devices = ask_for_devices(environment, found.skipped);
  }
  // GPUs work side by side: each has its own processes, and those mostly wait.
  std::vector<std::future<std::vector<GpuTier>>> pending;
  for (const Device& device : devices) {
    pending.push_back(std::async([&] { return run_device(device, *library, request, environment); }));
  }
  Digests digests(request.prefix);
  for (auto& each : pending) {
    for (GpuTier& tier : each.get()) {
      digests.add_to(tier.run);
      found.tiers.push_back(std::move(tier));
    }
  }
  return found;
}

}  // namespace envlock::tools
