#include "probe_tiers.h"

#include <algorithm>
#include <cstring>

#include "envlock/core/text.h"
#include "fresh_process.h"
#include "probe_child.h"
#include "tier_children.h"

namespace envlock::tools {
namespace {

constexpr std::size_t kShiftOfRepeat = 64;
constexpr double kSecondsToLoad = 20;

/// A file of the prefix is told from there, as the child would have told it.
std::string told_from(const std::filesystem::path& prefix, const std::filesystem::path& library) {
  std::error_code error;
  const std::filesystem::path relative = library.lexically_relative(std::filesystem::canonical(prefix, error));
  return error || relative.empty() || *relative.begin() == ".." ? library.string() : relative.string();
}

probe::TierRun run_child(const blas::ComputeOptions& options, const TierRequest& request,
                         const std::vector<std::string>& environment) {
  const Finished child = run_self({.arguments = words_for_blas(options),
                                   .timeout_seconds = request.most_seconds,
                                   .environment = &environment,
                                   .answer_descriptor = kAnswerDescriptor});
  const Answer answer = take_apart(child.output);
  if (child.timed_out || child.signal != 0 || child.exit_code != 0 || answer.document.empty()) {
    probe::TierRun run{.tier = "blas", .subject = options.subject, .spec = std::string(probe::kTiersVersion)};
    run.threads = options.threads;
    run.stage = answer.stage.empty() ? "starting" : answer.stage;
    run.details.emplace_back("library", told_from(options.prefix, options.library));
    tell_how_it_ended(child, request.most_seconds, run);
    return run;
  }
  return probe::parse_tier_run(answer.document, "the answer of the process that ran `" + options.subject + "`");
}

/// Several users of one library are one subject: "numpy+scipy".
std::string subject_of(const blas::Library& library) {
  return library.users.empty() ? library.name : core::join(library.users, "+");
}

/// One library, and again in fresh processes.
probe::TierRun run_library(const blas::Library& library, const std::string& subject, const TierRequest& request,
                           const std::vector<std::string>& environment) {
  blas::ComputeOptions options{.library = library.path,
                               .symbol = library.symbol,
                               .ilp64 = library.ilp64,
                               .subject = subject,
                               .prefix = request.prefix,
                               .size = request.size,
                               .steps = request.steps,
                               .threads = request.threads,
                               .shift = 0,
                               .battery = request.battery,
                               .stage = {}};
  probe::TierRun run = run_child(options, request, environment);
  for (int i = 0; i < request.repeat && run.outcome == probe::TierRun::Outcome::ran; ++i) {
    options.shift = kShiftOfRepeat * static_cast<std::size_t>(i + 1);
    const probe::TierRun repeat = run_child(options, request, environment);
    // It ran once and then did not: that is what is to be told.
    if (repeat.outcome != probe::TierRun::Outcome::ran) return repeat;
    probe::attach_repeat(run, repeat);
  }
  return run;
}

}  // namespace

std::vector<probe::TierRun> run_blas_tiers(const TierRequest& request, core::Notes& notes) {
  const std::vector<std::string> environment = child_environment(request);
  if (request.library) return {run_library(*request.library, request.subject, request, environment)};
  blas::FindOptions find;
  find.prefix = request.prefix;
  find.ld_library_path = value_of(request, "LD_LIBRARY_PATH");
  find.ld_preload = value_of(request, "LD_PRELOAD");
  std::vector<probe::TierRun> runs;
  for (const blas::Library& library : blas::find_libraries(find, notes)) {
    const std::string subject = subject_of(library);
    if (!request.subject.empty() && subject != request.subject) continue;
    runs.push_back(run_library(library, subject, request, environment));
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

std::vector<std::string> find_preloaded_fp_culprits(const TierRequest& request) {
  std::vector<std::filesystem::path> candidates;
  std::string names = value_of(request, "LD_PRELOAD");
  std::replace(names.begin(), names.end(), ':', ' ');
  for (const std::string_view name : core::split(names, ' ')) {
    if (!name.empty()) candidates.emplace_back(name);
  }
  TierRequest without = request;
  without.variables.erase("LD_PRELOAD");
  without.environment.erase("LD_PRELOAD");
  return find_fp_culprits(candidates, without);
}

}  // namespace envlock::tools
