// The tiers that an environment's own python computes.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "envlock/torch/torch_result.h"
#include "mapped_digests.h"
#include "probe_child.h"
#include "tier_children.h"

namespace envlock::tools {
namespace {

constexpr double kTimesLonger = 3;

/// Variables that bring other code into python, or ask for it.
constexpr std::array kPythonLeaks = {"PYTHONPATH",       "PYTHONHOME",          "PYTHONSTARTUP", "PYTHONUSERBASE",
                                     "PYTHONPLATLIBDIR", "PYTHONINSPECT",       "PYTHONDEBUG",   "PYTHONEXECUTABLE",
                                     "PYTHONWARNINGS",   "PYTHONPYCACHEPREFIX", "PYTHONSAFEPATH"};

std::vector<std::string> python_environment(const TierRequest& request) {
  std::vector<std::string> environment = child_environment(request);
  std::erase_if(environment, [](const std::string& variable) {
    return std::any_of(kPythonLeaks.begin(), kPythonLeaks.end(),
                       [&](const char* name) { return variable.starts_with(std::string(name) + "="); });
  });
  environment.push_back("PYTHONNOUSERSITE=1");
  return environment;
}

/// Paths from the prefix. What is outside keeps its path alone.
void place_mapped_files(const std::filesystem::path& prefix, probe::TierRun& run) {
  std::error_code error;
  const std::filesystem::path root = std::filesystem::canonical(prefix, error);
  for (probe::MappedFile& file : run.mapped) {
    const std::filesystem::path relative = std::filesystem::path(file.path).lexically_relative(root);
    file.outside = error || relative.empty() || *relative.begin() == "..";
    if (!file.outside) file.path = relative.string();
  }
  std::sort(run.mapped.begin(), run.mapped.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
}

std::vector<probe::TierRun> run_once(const std::filesystem::path& python, const TierRequest& request,
                                     const std::vector<std::string>& environment) {
  const double most_seconds = kTimesLonger * request.most_seconds;
  torch::ProgramOptions options;
  options.threads = request.threads;
  if (request.device) {
    options.tier = "torch";
    options.device = "cuda:" + std::to_string(*request.device);
  }
  if (request.steps > 0) options.steps = std::min(options.steps, request.steps);
  const Finished child = run_self({.arguments = words_for_python(python, options),
                                   .timeout_seconds = most_seconds,
                                   .environment = &environment,
                                   .answer_descriptor = kAnswerDescriptor});
  torch::ProgramOutput output = torch::read_program_output(child.output);
  std::vector<probe::TierRun> runs = std::move(output.runs);
  if (output.unfinished) {
    tell_how_it_ended(child, most_seconds, *output.unfinished);
    if (request.device) output.unfinished->details.emplace_back("device", options.device);
    runs.push_back(std::move(*output.unfinished));
  }
  return runs;
}

/// Environments without torch and numpy are not asked: python's own words about a missing module help nobody.
bool has_framework(const std::filesystem::path& prefix) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(prefix / "lib", error)) {
    if (!entry.path().filename().string().starts_with("python3")) continue;
    for (const char* folder : {"site-packages", "dist-packages"}) {
      for (const char* name : {"torch", "numpy"}) {
        std::error_code ignored;
        if (std::filesystem::exists(entry.path() / folder / name / "__init__.py", ignored)) return true;
      }
    }
  }
  return false;
}

}  // namespace

std::vector<probe::TierRun> run_python_tiers(const TierRequest& request) {
  const std::filesystem::path python = request.prefix / "bin/python";
  if (access(python.c_str(), X_OK) != 0 || !has_framework(request.prefix)) return {};
  const std::vector<std::string> environment = python_environment(request);
  std::vector<probe::TierRun> runs = run_once(python, request, environment);
  for (int i = 0; i < request.repeat; ++i) {
    if (std::none_of(runs.begin(), runs.end(),
                     [](const probe::TierRun& run) { return run.outcome == probe::TierRun::Outcome::ran; })) {
      break;
    }
    const std::vector<probe::TierRun> repeats = run_once(python, request, environment);
    for (probe::TierRun& run : runs) {
      const auto repeat = std::find_if(repeats.begin(), repeats.end(), [&](const probe::TierRun& each) {
        return each.tier == run.tier && each.subject == run.subject;
      });
      if (run.outcome != probe::TierRun::Outcome::ran) continue;
      if (repeat == repeats.end()) continue;
      if (repeat->outcome != probe::TierRun::Outcome::ran) {
        run = *repeat;
      } else {
        probe::attach_repeat(run, *repeat);
      }
    }
  }
  MappedDigests digests(request.prefix);
  for (probe::TierRun& run : runs) {
    place_mapped_files(request.prefix, run);
    digests.add_to(run);
  }
  return runs;
}

bool has_torch_for_cuda(const std::vector<probe::TierRun>& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const probe::TierRun& run) {
    const std::string version = probe::detail(run.details, "torch.cuda");  // python's words: a version, or None
    return run.tier == "torch" && run.outcome == probe::TierRun::Outcome::ran && !version.empty() &&
           version.find_first_not_of("0123456789.") == std::string::npos;
  });
}

int device_number(std::string_view device) {
  constexpr std::string_view kCuda = "cuda:";
  int number = 0;
  if (device.starts_with(kCuda)) std::from_chars(device.data() + kCuda.size(), device.data() + device.size(), number);
  return number;
}

}  // namespace envlock::tools
