#include "lock_refusal.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/core/time.h"

namespace envlock::tools {
namespace {

bool goes_on(const std::string& text, std::size_t at) {
  return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '-' ||
                              text[at] == '_' || text[at] == '.');
}

/// Erases the part where it ends with a word: " for linux-64" is not to be found in " for linux-64-cuda".
void erase_all(std::string& text, const std::string& part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
    if (goes_on(text, at + part.size())) {
      ++at;
    } else {
      text.erase(at, part.size());
    }
  }
}

/// A conflict without the words that name its platform, so that the same one on several platforms is told once.
core::Diagnostic without_platform(core::Diagnostic diagnostic, const conda::Platform& platform) {
  const auto clean = [&](std::string& text) {
    for (const std::string& name : {platform.name, platform.subdir}) {
      erase_all(text, " for `" + name + "`");
      erase_all(text, " for " + name);
    }
  };
  clean(diagnostic.what);
  for (std::string& fact : diagnostic.why) clean(fact);
  for (std::string& hint : diagnostic.hints) clean(hint);
  return diagnostic;
}

/// One conflict, and the platforms that share it.
struct SharedConflict {
  core::Diagnostic bare;   ///< without the words that name a platform
  core::Diagnostic first;  ///< as the first of the platforms tells it
  std::vector<std::string> platforms;
};

/// The conflicts of all platforms, those that say the same as one.
std::vector<core::Diagnostic> merge_conflicts(const std::vector<PlatformOutcome>& outcomes) {
  std::vector<SharedConflict> all;
  for (const PlatformOutcome& outcome : outcomes) {
    const auto* conflict = std::get_if<conda::Conflict>(&outcome.result);
    if (conflict == nullptr) continue;
    std::vector<core::Diagnostic> of_platform{conflict->diagnostic};
    of_platform.insert(of_platform.end(), outcome.more_conflicts.begin(), outcome.more_conflicts.end());
    for (const core::Diagnostic& each : of_platform) {
      core::Diagnostic bare = without_platform(each, outcome.platform);
      const auto same =
          std::find_if(all.begin(), all.end(), [&](const SharedConflict& known) { return known.bare == bare; });
      if (same == all.end()) {
        all.push_back({std::move(bare), each, {outcome.platform.name}});
      } else {
        same->platforms.push_back(outcome.platform.name);
      }
    }
  }
  std::vector<core::Diagnostic> told;
  for (SharedConflict& each : all) {
    // Of one platform alone, what its reasons say of it stays.
    core::Diagnostic& diagnostic = told.emplace_back(each.platforms.size() == 1 ? each.first : each.bare);
    diagnostic.what = "for " + core::join(each.platforms, ", ") + ": " + each.bare.what;
  }
  return told;
}

/// What the run itself left out may be what is missing.
void mention_limits(std::vector<core::Diagnostic>& conflicts, const LockArgs& args, const lock::Options& options) {
  for (core::Diagnostic& conflict : conflicts) {
    if (options.exclude_newer) {
      conflict.why.push_back("records newer than " + core::format_time(*options.exclude_newer) + " do not count" +
                             (options.exclude_newer_strict ? ", nor do those without a time" : ""));
      conflict.hints.push_back("`--exclude-newer none` lifts the cut-off");
    }
    if (!args.index.empty()) {
      conflict.why.push_back("`" + core::printable(args.index) + "` holds only what the run that saved it looked at");
      conflict.hints.push_back("save the index again, with `--save-index` and without `--index`");
    }
  }
}

}  // namespace

std::vector<core::Diagnostic> tell_conflicts(const std::vector<PlatformOutcome>& outcomes, const LockArgs& args,
                                             const lock::Options& options) {
  std::vector<core::Diagnostic> conflicts = merge_conflicts(outcomes);
  mention_limits(conflicts, args, options);
  return conflicts;
}

}  // namespace envlock::tools
