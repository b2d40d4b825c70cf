#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/diff/inventory.h"

namespace envlock::diff {

enum class ChangeKind {
  added,
  removed,
  upgraded,
  downgraded,
  rebuilt,     ///< same version, another build
  repackaged,  ///< same build, another kind of archive: .tar.bz2 and .conda
  rehashed,    ///< same file name, another hash
  altered,     ///< same file, but what is installed of it differs (snapshots)
  moved,       ///< same file, another channel; of pypi: another index, folder or repository
  extras,      ///< same file of the same place, other extras are asked for
};
inline constexpr std::size_t kChangeKinds = 10;
/// "added", "upgraded", ...
std::string_view name_of(ChangeKind kind);

/// How far a version went: the first part that differs in its number. `other` is anything smaller, such as a letter, a
/// release candidate or a fourth number; `none` for anything but up- and downgrades.
enum class Distance { none, major, minor, patch, other };
std::string_view name_of(Distance distance);

/// What a build is for, as its build string, local version, name and dependencies tell.
enum class Flavour { unknown, cpu, cuda };

/// What happened to one package of one platform.
struct Change {
  ChangeKind kind = ChangeKind::added;
  Distance distance = Distance::none;
  std::optional<Item> from, to;
  bool channel_moved = false;
  bool cpu_build = false;  ///< went from a CUDA build to a CPU build, or back
  Flavour flavour_from = Flavour::unknown, flavour_to = Flavour::unknown;
  bool requested = false;  ///< a direct request on either side
  /// What brought it about: names from the change (or virtual package) that came first to this package itself, such as
  /// {"pytorch", "triton", "ptxas"}. Empty: nothing that is known.
  std::vector<std::string> cause;
  std::string reason;  ///< the last step of it: "`pytorch 2.5.1` needs `triton 3.1.*`"; of a request what was asked

  const Item& item() const { return to ? *to : *from; }
};

/// The same change on several platforms is told once.
struct ChangeGroup {
  struct OnPlatform {
    std::string platform;
    Change change;
  };
  std::vector<OnPlatform> each;  ///< sorted by platform, at least one; versions, kind and channels are the same
  bool everywhere = false;       ///< on every platform that both sides have
  bool same_builds = true;       ///< the builds are the same on all of them too

  const Change& change() const { return each.front().change; }
};

/// One fact of machine, environment or libraries that differs.
struct FactChange {
  std::string group;  ///< "cpu", "gpu", "driver", "cuda", "environment", "blas", "virtual packages", "variables", "pip"
  std::string what;   ///< "L2 cache", "__cuda", "OMP_NUM_THREADS"
  std::string from, to;  ///< "" when absent
  std::string remark;    ///< "by the driver; mamba would say 12.9, of /usr/local/cuda"; may be empty
  std::string platform;  ///< of virtual packages; else ""

  bool operator==(const FactChange&) const = default;
};

/// A part of the probe that does not compute the same on both sides.
struct TierDifference {
  std::string tier;     ///< "reference", "blas", "torch", "numpy"
  std::string subject;  ///< "numpy", "as-found"; of the reference ""
  /// What became of it on each side: "ran", "crashed", ...; "" where it is not there.
  std::string from, to;
  std::vector<std::string> sections;        ///< whose digests differ
  std::optional<probe::Mismatch> first;     ///< the first digest that differs; want is the first side's
  std::optional<probe::Mismatch> training;  ///< the same of the training run alone
  std::vector<probe::SumOrder> from_orders, to_orders;
  /// What else differs of what it depends on, as the inventories tell, the likeliest first. None of it is proved.
  std::vector<std::string> causes;
};

/// Which platforms were compared with each other. The names differ where profiles have other names on both sides.
struct PlatformPair {
  std::string from, to;
  std::size_t from_packages = 0, to_packages = 0;

  /// "linux-64", "linux-64-cuda / linux-64"
  std::string name() const;
};

struct Diff {
  std::string from, to;  ///< labels
  SourceKind from_kind = SourceKind::lock, to_kind = SourceKind::lock;
  std::vector<PlatformPair> platforms;          ///< sorted by name
  std::vector<std::string> only_from, only_to;  ///< platforms that one side lacks
  /// Order: direct requests by name; then what has a cause, cause by cause (requested ones first, then those that moved
  /// most), the shortest chains first, then by name; then the rest by name. Where the first of a chain is itself no
  /// request, it stands before those that it moved.
  std::vector<ChangeGroup> changes;
  std::vector<FactChange> facts;
  std::vector<TierDifference> computed;  ///< reference first, then as the sides have them
  std::size_t equal_tiers = 0;           ///< parts of the probe that compute the same; the reference is one
  std::size_t unchanged = 0;             ///< packages that are equal, over all common platforms
  bool knows_requests = false;           ///< on at least one side
  bool knows_depends = false;            ///< on both sides: causes can be told
  std::vector<std::string> remarks;      ///< what a reader must know of how it was compared; sentences without a period

  bool empty() const;
};

/// Compares platform by platform: those of one name, else of one subdir when each side has one of it. An environment or
/// an explicit list is of one platform: of several profiles that fit it, the one that differs least is taken, and
/// `remarks` says so; what else the other side holds for other platforms then does not count.
Diff compare(const Inventory& from, const Inventory& to);

/// Indices of inventories that are equal, largest group first, then by first index; within a group in order.
std::vector<std::vector<std::size_t>> group(const std::vector<Inventory>& inventories);

/// --fail-on: "major", "minor", "downgrade", "channel", "cuda", "cpu-build", "hash", "added", "removed", "any", or a
/// name or glob of packages ("torch*").
struct Policy {
  std::vector<std::string> words;  ///< each once, in the order given
};
/// Words may hold several, with commas between. Throws: core::Error "invalid-argument" with what there is.
Policy parse_policy(const std::vector<std::string>& words);
/// What of the diff the policy forbids: one diagnostic "diff-forbidden" a rule that hits. Empty: passes.
std::vector<core::Diagnostic> check(const Diff& diff, const Policy& policy);

}  // namespace envlock::diff
