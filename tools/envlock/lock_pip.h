#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lock_solve.h"
#include "pip_inputs.h"
#include "pip_places.h"

namespace envlock::tools {

struct PipSolveOptions {
  const lock::Lock* previous = nullptr;  ///< whose distributions stay where they fit
  bool free_all = false;                 ///< --update without names
  std::set<std::string> freed;           ///< --update NAME
  std::vector<lock::Preference> like;    ///< --like; those of conda are passed over
  bool all_artifacts = false;            ///< --all-artifacts
  std::optional<core::Milliseconds> exclude_newer;
  std::filesystem::path lock_folder;
  /// Solves the conda half of a platform with another match spec for a package, to see whether that would lift a
  /// conflict; and the line that asks for a package now, as a message cites it ("" when none does). Both may be empty.
  std::function<PlatformOutcome(const conda::Platform&, const std::string& spec)> try_conda;
  std::function<std::string(const conda::Platform&, const std::string& name)> conda_line;
};

/// Solves the `pip:` half of every platform on top of its conda half, and fills in PlatformOutcome::distributions; one
/// that cannot be met becomes the platform's conflict. Files without a hash on their index are fetched and hashed.
/// Throws: core::Error "pip-without-python", what look_at_places and resolve::pypi throw, "hash-unknown".
void solve_pip(PipInputs& inputs, const PipSolveOptions& options, const Session& session,
               std::vector<PlatformOutcome>& outcomes, core::Notes& notes);

}  // namespace envlock::tools
