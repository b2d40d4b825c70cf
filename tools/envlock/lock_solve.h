#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "envlock/channel/repository.h"
#include "envlock/conda/index.h"
#include "envlock/conda/solution.h"
#include "envlock/lock/export.h"
#include "envlock/lock/import.h"
#include "envlock/lock/lock.h"
#include "envlock/resolve/conda.h"
#include "lock_inputs.h"

namespace envlock::tools {

/// Where the records come from: the channels, or a saved index.
struct IndexSource {
  std::unique_ptr<channel::Repository> repository;
  std::unique_ptr<lock::SavedIndex> saved;
  conda::ChannelPriority priority = conda::ChannelPriority::strict;

  conda::Index load(const std::string& subdir, const std::vector<std::string>& names,
                    const std::vector<conda::PackageRecord>& kept, core::Notes& notes) const;
};

struct SolveOptions {
  resolve::CondaOptions solve;  ///< virtual packages and favored records are filled in per platform
  /// Locks whose picks are kept where they fit, in order of preference.
  std::vector<const lock::Lock*> keep;
  bool free_all = false;        ///< --update without names
  std::set<std::string> freed;  ///< --update NAME
  std::vector<lock::Preference> like;
  lock::Loosen loosen = lock::Loosen::none;
  bool keep_indexes = false;   ///< for --save-index: they are large
  lock::Options lock_options;  ///< for the notes about what was chosen
  std::size_t threads = 0;
};

/// How the picks of `--like` fared on one platform.
struct LikeResult {
  std::size_t wanted = 0;
  std::size_t kept = 0;
  std::vector<std::string> missing;   ///< stems that no channel holds
  std::vector<std::string> replaced;  ///< "numpy 1.26.3 -> 1.26.4"
};

/// Picks that are right but may surprise, as "pytorch 2.5.1", sorted.
struct Surprises {
  std::vector<std::string> cpu_builds;   ///< a CUDA build exists
  std::vector<std::string> cuda_builds;  ///< although no `__cuda` is assumed
  std::vector<std::string> undated;      ///< without a time under a cut-off
};

/// What came of one platform.
struct PlatformOutcome {
  conda::Platform platform;
  std::variant<conda::Solution, conda::Conflict> result;
  conda::Index index;  ///< with keep_indexes
  LikeResult like;
  Surprises surprises;
  core::Notes notes;
  std::vector<core::Diagnostic> more_conflicts;         ///< of the `pip:` half, beside the one of `result`
  std::vector<lock::PickedDistribution> distributions;  ///< of the `pip:` half, once that is solved
  std::vector<lock::ProvidedExtra> provided_extras;     ///< likewise
};

/// True when the pick was made for that platform, or for any.
bool concerns(const lock::Preference& preference, const conda::Platform& platform);

/// Solves every platform, in parallel; outcomes in the order of `platforms`.
std::vector<PlatformOutcome> solve_platforms(const spec::Spec& spec, const std::vector<conda::Platform>& platforms,
                                             const IndexSource& source, const SolveOptions& options);

/// Solves one platform with another line in place of those that name the same package.
PlatformOutcome solve_with(const spec::Spec& spec, const conda::Platform& platform, const IndexSource& source,
                           const SolveOptions& options, const conda::MatchSpec& line);

/// The records behind the solves, for replay: those of every index, each once, sorted. Chosen records carry the hashes
/// that were computed for them; `computed` names their files.
lock::SavedIndex make_saved_index(const std::vector<conda::Channel>& channels,
                                  const std::vector<PlatformOutcome>& outcomes, std::vector<std::string> computed);

}  // namespace envlock::tools
