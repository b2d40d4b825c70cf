#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/time.h"
#include "envlock/pypi/marker.h"
#include "envlock/pypi/requirement_lines.h"
#include "envlock/pypi/source.h"
#include "envlock/pypi/tags.h"

namespace envlock::resolve {

/// A distribution that the conda part brings: a fact that nothing replaces.
struct ProvidedDistribution {
  std::string name;  ///< normalized
  std::string version;
  std::string conda_name;

  bool operator==(const ProvidedDistribution&) const = default;
};

/// A distribution that a line names by its place: an archive, a repository, a folder. There is no other of its name.
struct PlacedDistribution {
  pypi::Metadata metadata;
  std::string file_name;  ///< of an archive, to see whether a wheel fits; "" otherwise
};

/// A locked distribution to stay with where it fits.
struct FavoredDistribution {
  std::string name;     ///< normalized
  std::string version;  ///< normal form
  std::string index;
  pypi::IndexFile file;
  /// Known from the lock, so that nothing needs to be asked of an index. Without it (a pick of another tool's lock)
  /// the version counts when the index has it.
  std::optional<pypi::Metadata> metadata;
  /// The indexes have to be asked all the same: the list of them changed, or more than the lock tells is wanted.
  bool must_ask = false;
};

/// What an extra of a distribution that conda provides adds: conda brings the distribution, but not that.
struct ProvidedExtra {
  std::string name;
  std::string extra;
  std::vector<std::string> requires_dist;  ///< those whose marker holds with the extra and not without

  bool operator==(const ProvidedExtra&) const = default;
};

/// What one platform asks of PyPI.
struct PypiProblem {
  std::string platform;  ///< for messages
  /// Those that hold there by their selector; every one has a name. Markers are weighed here.
  std::vector<pypi::PipRequest> requests;
  std::vector<pypi::PipRequest> constraints;
  std::map<std::string, PlacedDistribution> placed;  ///< by normalized name
  std::vector<ProvidedDistribution> provided;        ///< sorted by name
  pypi::MarkerEnvironment environment;
  const pypi::Tags* tags = nullptr;
  bool pre = false;
  bool allow_build = false;
  std::vector<std::string> no_binary;    ///< normalized names, or ":all:"
  std::vector<std::string> only_binary;  ///< likewise
  std::optional<core::Milliseconds> exclude_newer;
  std::vector<FavoredDistribution> favored;
  std::vector<ProvidedExtra> known_extras;  ///< of the provided ones, so that they need not be asked for
  /// Whether a conflict comes with edits of the lines that were solved to see that they help: each is a whole solve.
  bool seek_remedies = true;
};

/// A distribution that was chosen.
struct PypiPick {
  std::string name;
  std::string version;                  ///< normal form
  std::vector<std::string> extras;      ///< that are asked for, sorted
  std::string index;                    ///< "" for a placed one and for find-links
  pypi::IndexFile file;                 ///< empty for a placed one
  std::vector<pypi::IndexFile> others;  ///< other wheels of the version that the platform takes, best first
  pypi::Metadata metadata;
  bool placed = false;
  bool needs_build = false;  ///< `file` is an sdist
};

struct PypiSolution {
  std::vector<PypiPick> picks;                 ///< sorted by name
  std::vector<ProvidedExtra> provided_extras;  ///< that are asked for, sorted by name and extra
};

/// Another version of what conda provides, which a need asks for. Whether conda can bring it, and whether that helps,
/// is for the caller to find out.
struct CondaWish {
  std::string conda_name;
  std::string spec;  ///< a match spec: "pytorch >=2.6,<3"
  std::string hint;  ///< the one of PypiConflict::hints that speaks of it

  bool operator==(const CondaWish&) const = default;
};

/// Why no choice exists, in the user's own lines, with a remedy.
struct PypiConflict {
  core::Diagnostic diagnostic;    ///< "no-solution", "no-such-project", "no-fitting-version" or "conda-conflict"
  std::vector<std::size_t> core;  ///< lines that cannot be met together: indexes into PypiProblem::requests; sorted
  std::vector<core::Diagnostic> others;  ///< of further lines that nothing meets either, whatever becomes of the first
  std::vector<CondaWish> wishes;
};
using PypiOutcome = std::variant<PypiSolution, PypiConflict>;

/// Chooses one version a name so that every line and everything that the chosen ones need holds on the platform,
/// newest first; lines decide in order of their names, so their order does not matter. What is known is solved, the
/// metadata of what was chosen is fetched, what it needs is added, until nothing new is chosen.
/// - A distribution that conda provides is a fact: a need that it does not meet is a conflict.
/// - Pre-releases: with `pre`, where a line of the user or a need of what is chosen names one that it allows, or where
///   no other version meets the need. Yanked versions: only for `==` and `===`.
/// - A version without a wheel that the platform takes does not count, unless it may be built.
/// Source: PEP 440, 508, 592; pip's documentation of its own choices.
/// Throws: core::Error "index-unreachable" and what else a Source says; "index-ambiguous" for chosen names that stand
/// on several indexes; "solver-bug" when the independent checker refuses the answer.
PypiOutcome pypi(const PypiProblem& problem, pypi::Source& source, core::Notes& notes);

/// The independent checker: every broken rule as one sentence; empty when all holds.
std::vector<std::string> check(const PypiProblem& problem, const PypiSolution& solution);

}  // namespace envlock::resolve
