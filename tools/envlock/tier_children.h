// What the children of all tiers have in common.
#pragma once

#include <string>
#include <vector>

#include "envlock/probe/tier_run.h"
#include "fresh_process.h"
#include "probe_tiers.h"

namespace envlock::tools {

/// The environment of a child: threads neither spin on a busy machine nor change their number. The variables of the
/// prefix come after, for they are what an activated environment has.
std::vector<std::string> child_environment(const TierRequest& request);

/// What a child will find in that variable; "" for one that is not set.
std::string value_of(const TierRequest& request, const std::string& name);

/// What a child wrote.
struct Answer {
  std::string stage;     ///< the last that was told
  std::string document;  ///< what came after
};
Answer take_apart(const std::string& output);

/// Sets outcome and trouble of a run whose child did not end well.
void tell_how_it_ended(const Finished& child, double most_seconds, probe::TierRun& run);

}  // namespace envlock::tools
