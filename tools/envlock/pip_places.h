#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "envlock/lock/pip.h"
#include "envlock/pypi/source.h"
#include "envlock/resolve/pypi.h"
#include "pip_build.h"
#include "pip_inputs.h"

namespace envlock::tools {

/// A place as a lock names it: a path relative to the lock's folder, or a URL without credentials, query and fragment.
std::string canonical_place(const std::string& place, const std::filesystem::path& lock_folder);

/// A distribution that a line names by its place: what is known of it, and what the lock holds of it.
struct PlacedRequest {
  resolve::PlacedDistribution placed;
  lock::LockedDistribution locked;       ///< without requires_dist and the rest of the metadata
  std::optional<pypi::IndexFile> sdist;  ///< a source distribution: each platform needs a wheel of it
};

/// What may be built while places are looked at, and for which python.
struct PlaceBuilds {
  WheelBuilder& builder;
  BuildTarget target;
};

/// Looks at every archive, repository and folder that a line names; fills in the names that the lines do not tell.
/// Runs no code of theirs; with `builds`, which only --allow-build gives, what nothing else tells is built.
/// Repositories are pinned to a commit with `git`, and read at it: the one of `previous`, but for the names in `freed`.
/// By name, normalized. Throws: core::Error with all
/// mistakes at once: "place-needs-build", "place-name-differs", "archive-unreachable", "git-missing", "git-failed",
/// "project-folder-invalid", "hash-mismatch".
std::map<std::string, PlacedRequest> look_at_places(PipInputs& inputs, const lock::Lock* previous,
                                                    const std::set<std::string>& freed, pypi::Source& source,
                                                    fetch::Fetcher& fetcher, const std::filesystem::path& lock_folder,
                                                    const std::optional<PlaceBuilds>& builds, core::Notes& notes);

/// What look_at_places refuses, of lines whose names they tell themselves or the lock knows. Throws: "place-twice".
void refuse_places_named_twice(const PipInputs& inputs, const lock::Lock& lock,
                               const std::filesystem::path& lock_folder);

}  // namespace envlock::tools
