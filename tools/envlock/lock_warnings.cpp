#include "lock_warnings.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "envlock/core/text.h"
#include "envlock/pypi/name.h"

namespace envlock::tools {
namespace {

/// How the names of variables end that hold secrets.
constexpr std::string_view kSecretWords[] = {"_key", "token", "password", "passwd", "secret"};

}  // namespace

void warn_of_secrets(const spec::Spec& spec, core::Notes& notes) {
  for (const auto& [name, variable] : spec.variables) {
    const std::string lower = core::to_lower(name);
    const bool secret = std::any_of(std::begin(kSecretWords), std::end(kSecretWords), [&](std::string_view word) {
      return lower.size() >= word.size() && lower.compare(lower.size() - word.size(), word.size(), word) == 0;
    });
    if (!secret || variable.value.empty()) continue;
    notes.warning({.code = "secret-variable",
                   .what = "`" + core::printable(name) + "` looks like a secret, and variables are stored in the lock",
                   .why = {"the lock is meant to be committed and shared"},
                   .hints = {"set it where the environment is used instead, and take it out of `variables:`"}});
  }
}

void note_idle_preferences(const LockArgs& args, const std::vector<PlatformOutcome>& outcomes, core::Notes& notes) {
  if (args.like.empty()) return;
  for (const PlatformOutcome& outcome : outcomes) {
    if (outcome.like.wanted > 0) continue;
    notes.warning(
        {.code = "like-idle",
         .what = "no pick of `--like " + core::printable(args.like.front()) + "` is for " + outcome.platform.name,
         .hints = {"name a lock that was made for this platform"}});
  }
}

void note_unknown_updates(const std::set<std::string>& freed, const LockInputs& inputs, core::Notes& notes) {
  std::vector<std::string> names;
  for (const lock::Lock& previous : inputs.previous) {
    for (const lock::LockedPackage& package : previous.packages) names.push_back(package.record.name);
  }
  for (const lock::Lock& previous : inputs.previous) {
    for (const lock::LockedDistribution& distribution : previous.distributions) names.push_back(distribution.name);
  }
  for (const conda::Request& request : inputs.spec.requests) names.push_back(request.spec.name);
  for (const std::string& name : freed) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    if (std::find(names.begin(), names.end(), pypi::normalize_name(name)) != names.end()) continue;
    core::Diagnostic diagnostic{
        .code = "update-unknown",
        .what = "`--update " + core::printable(name) + "` frees nothing: it is neither locked nor asked for"};
    if (const auto near = core::closest_match(name, names)) diagnostic.hints.push_back("did you mean `" + *near + "`?");
    notes.warning(std::move(diagnostic));
  }
}

}  // namespace envlock::tools
