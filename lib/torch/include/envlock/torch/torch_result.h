// What the program of program.h wrote, as runs of tiers. Its author is code that is not ours: all of it is checked.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "envlock/probe/tier_run.h"

namespace envlock::torch {

/// One result. Of the files that were mapped only the paths are known, as they are on this machine (`outside` is true
/// and there is no digest): the caller has the prefix and its files' digests.
/// Ops that were not computed and tensors with NaNs are told in the details.
/// Throws: Error "torch-result-malformed" when it is not what the program writes.
probe::TierRun read_torch_result(std::string_view json);

struct ProgramOutput {
  std::vector<probe::TierRun> runs;  ///< those that came to an end, in order
  /// The one that did not: tier, subject and stage are set; why it ended is known to whoever watched it.
  std::optional<probe::TierRun> unfinished;
};

/// All that the program wrote, though it may have been cut off anywhere. Before its first run, `unfinished` is one of
/// the tier "python" with the stage "starting".
/// Throws: Error "torch-result-malformed".
ProgramOutput read_program_output(std::string_view output);

}  // namespace envlock::torch
