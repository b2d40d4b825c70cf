#include "probe_tiers.h"

#include <algorithm>
#include <cstring>

#include "envlock/blas/find.h"
#include "envlock/core/text.h"
#include "fresh_process.h"
#include "probe_child.h"

namespace envlock::tools {
namespace {

constexpr std::size_t kShiftOfRepeat = 64;
constexpr double kSecondsToLoad = 20;

/// What is set for every child, so that threads neither spin on a busy machine nor change their number.
/// The variables of the prefix come after, for they are what an activated environment has.
std::vector<std::string> child_environment(const TierRequest& request) {
  std::map<std::string, std::string> all = request.environment;
  const std::string threads = std::to_string(request.threads);
  for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"}) {
    all[name] = threads;
  }
  for (const char* name : {"GOTO_NUM_THREADS", "MKL_DOMAIN_NUM_THREADS", "BLIS_JC_NT", "BLIS_IC_NT", "BLIS_JR_NT",
                           "BLIS_IR_NT", "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"}) {
    all.erase(name);
  }
  all["OMP_WAIT_POLICY"] = "passive";
  all["OMP_DYNAMIC"] = "false";
  all["MKL_DYNAMIC"] = "false";
  all["KMP_BLOCKTIME"] = "0";
  for (const auto& [name, value] : request.variables) all[name] = value;
  std::vector<std::string> environment;
  for (const auto& [name, value] : all) environment.push_back(name + "=" + value);
  return environment;
}

struct Answer {
  std::string stage;     ///< the last that was told
  std::string document;  ///< what came after
};

Answer take_apart(const std::string& output) {
  Answer answer;
  std::string_view rest = output;
  while (rest.starts_with(kStageMark)) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    answer.stage = std::string(rest.substr(kStageMark.size(), end - kStageMark.size()));
    rest.remove_prefix(end + 1);
  }
  answer.document = std::string(rest);
  return answer;
}

probe::TierRun failed(const blas::ComputeOptions& options, const Finished& child, const std::string& stage,
                      double most_seconds) {
  probe::TierRun run;
  run.tier = "blas";
  run.subject = options.subject;
  run.spec = probe::kTiersVersion;
  run.threads = options.threads;
  run.stage = stage.empty() ? "starting" : stage;
  run.details.emplace_back("library", options.library.string());
  if (child.timed_out) {
    run.outcome = probe::TierRun::Outcome::hung;
    run.trouble = "it was still running after " + std::to_string(static_cast<long>(most_seconds)) + " seconds";
  } else if (child.signal != 0) {
    run.outcome = probe::TierRun::Outcome::crashed;
    const char* const name = sigabbrev_np(child.signal);
    run.trouble = "signal " + std::to_string(child.signal) +
                  (name == nullptr ? "" : " (SIG" + std::string(name) + ")") + " ended it";
  } else {
    run.outcome = probe::TierRun::Outcome::crashed;
    run.trouble = "it ended the process with exit code " + std::to_string(child.exit_code);
  }
  return run;
}

probe::TierRun run_child(const blas::ComputeOptions& options, const TierRequest& request,
                         const std::vector<std::string>& environment) {
  const Finished child = run_self({.arguments = words_for_blas(options),
                                   .timeout_seconds = request.most_seconds,
                                   .environment = &environment,
                                   .answer_descriptor = kAnswerDescriptor});
  const Answer answer = take_apart(child.output);
  if (child.timed_out || child.signal != 0 || child.exit_code != 0 || answer.document.empty()) {
    return failed(options, child, answer.stage, request.most_seconds);
  }
  return probe::parse_tier_run(answer.document, "the answer of the process that ran `" + options.subject + "`");
}

std::string value_of(const TierRequest& request, const std::string& name) {
  if (const auto found = request.variables.find(name); found != request.variables.end()) return found->second;
  const auto found = request.environment.find(name);
  return found == request.environment.end() ? "" : found->second;
}

/// Several users of one library are one subject: "numpy+scipy".
std::string subject_of(const blas::Library& library) {
  return library.users.empty() ? library.name : core::join(library.users, "+");
}

}  // namespace

std::vector<probe::TierRun> run_blas_tiers(const TierRequest& request, core::Notes& notes) {
  blas::FindOptions find;
  find.prefix = request.prefix;
  find.ld_library_path = value_of(request, "LD_LIBRARY_PATH");
  find.ld_preload = value_of(request, "LD_PRELOAD");
  const std::vector<std::string> environment = child_environment(request);
  std::vector<probe::TierRun> runs;
  for (const blas::Library& library : blas::find_libraries(find, notes)) {
    if (!request.subject.empty() && subject_of(library) != request.subject) continue;
    blas::ComputeOptions options{.library = library.path,
                                 .symbol = library.symbol,
                                 .ilp64 = library.ilp64,
                                 .subject = subject_of(library),
                                 .prefix = request.prefix,
                                 .size = request.size,
                                 .steps = request.steps,
                                 .threads = request.threads,
                                 .shift = 0,
                                 .stage = {}};
    probe::TierRun run = run_child(options, request, environment);
    for (int i = 0; i < request.repeat && run.outcome == probe::TierRun::Outcome::ran; ++i) {
      options.shift = kShiftOfRepeat * static_cast<std::size_t>(i + 1);
      const probe::TierRun repeat = run_child(options, request, environment);
      if (repeat.outcome != probe::TierRun::Outcome::ran) {
        run = repeat;  // it ran once and then did not: that is what is to be told
        break;
      }
      probe::attach_repeat(run, repeat);
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

std::vector<std::string> find_fp_culprits(const std::vector<std::filesystem::path>& candidates,
                                          const TierRequest& request) {
  const std::vector<std::string> environment = child_environment(request);
  std::map<std::string, std::vector<std::string>> changed;  // the file, and what its loading mapped
  for (const std::filesystem::path& candidate : candidates) {
    const Finished child = run_self({.arguments = words_for_load(candidate),
                                     .timeout_seconds = kSecondsToLoad,
                                     .environment = &environment,
                                     .answer_descriptor = kAnswerDescriptor});
    std::vector<std::string> lines;
    for (const std::string_view line : core::split(child.output, '\n')) lines.emplace_back(line);
    if (!lines.empty() && lines.front() == "changed") changed[candidate.string()] = std::move(lines);
  }
  std::vector<std::string> culprits;
  for (const auto& [file, mapped] : changed) {
    const bool because_of_another = std::any_of(mapped.begin() + 1, mapped.end(), [&, &self = file](const auto& each) {
      return each != self && changed.contains(each);
    });
    if (!because_of_another) culprits.push_back(file);
  }
  return culprits;
}

}  // namespace envlock::tools
