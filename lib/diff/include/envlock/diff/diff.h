#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::diff {

enum class PackageKind { conda, pypi };

/// One package of one platform, as far as its source tells.
struct Item {
  PackageKind kind = PackageKind::conda;
  std::string name, version, build;
  std::string channel;  ///< canonical; "" when not told
  std::string file_name;
  std::optional<core::Sha256> sha256;
  std::optional<core::Md5> md5;
  std::optional<core::Sha256> root;  ///< prefix-independent, of snapshots
  std::vector<std::string> depends;
  bool requested = false;
  std::vector<std::string> categories;

  bool operator==(const Item&) const = default;
};

/// What one side of a comparison is.
enum class SourceKind { lock, explicit_urls, conda_lock, pixi_lock, prefix, snapshot };
struct Inventory {
  std::string label;  ///< as the user named it: "envlock.lock", "HEAD~1:envlock.lock"
  SourceKind kind = SourceKind::lock;
  struct Platform {
    std::string name, subdir;
    std::vector<conda::VirtualPackage> virtual_packages;
    std::vector<Item> items;  ///< sorted by (kind, name)
  };
  std::vector<Platform> platforms;  ///< sorted by name
  std::map<std::string, std::string> variables;
  bool knows_requests = false;  ///< so that "requested" means something
  std::optional<snapshot::Machine> machine;
  std::vector<snapshot::FoundLibrary> libraries;
};

/// From text of any lock format or a snapshot (told apart by content). An environment `name` of a pixi.lock may be
/// chosen with `environment`. Throws: core::Error "diff-unknown-format", and what the readers throw.
Inventory parse_inventory(std::string_view text, const std::string& label, const std::string& environment,
                          core::Notes& notes);
Inventory inventory_of(const snapshot::Snapshot& snapshot, const std::string& label, SourceKind kind);

enum class ChangeKind { added, removed, upgraded, downgraded, rebuilt, rehashed, moved };
/// How far a version went. `none` for anything but up- and downgrades.
enum class Distance { none, major, minor, patch, other };

/// What happened to one package of one platform.
struct Change {
  ChangeKind kind = ChangeKind::added;
  Distance distance = Distance::none;
  std::optional<Item> from, to;
  bool channel_moved = false;
  bool cpu_build = false;          ///< went from a CUDA build to a CPU build, or back
  bool requested = false;          ///< a direct request on either side
  std::vector<std::string> cause;  ///< for others: the chain from the change that pulled it in: {"pytorch", "triton"}
};

/// The same change on several platforms is told once.
struct ChangeGroup {
  std::vector<std::string> platforms;  ///< sorted; empty: all that both sides have
  Change change;
};

/// One fact of machine, environment or libraries that differs.
struct FactChange {
  std::string group;     ///< "cpu", "gpu", "driver", "cuda", "environment", "blas", "virtual packages", "variables"
  std::string what;      ///< "L2 cache", "__cuda", "OMP_NUM_THREADS"
  std::string from, to;  ///< "" when absent
  std::string remark;    ///< "by the driver; mamba would say 12.9, of /usr/local/cuda"; may be empty
};

struct Diff {
  std::string from, to;                         ///< labels
  std::vector<std::string> only_from, only_to;  ///< platforms that one side lacks
  std::vector<ChangeGroup> changes;             ///< direct requests first, then by cause, then by name
  std::vector<FactChange> facts;
  std::size_t unchanged = 0;  ///< packages that are equal, over all common platforms

  bool empty() const;
};
Diff compare(const Inventory& from, const Inventory& to);

/// Indices of inventories that are equal, largest group first; within a group in order.
std::vector<std::vector<std::size_t>> group(const std::vector<Inventory>& inventories);

/// --fail-on: "major", "minor", "downgrade", "channel", "cuda", "cpu-build", "hash", "added", "removed", "any", or a
/// glob over package names ("torch*"). Throws: core::Error "invalid-argument" with what there is.
struct Policy {
  std::vector<std::string> words;
};
Policy parse_policy(const std::vector<std::string>& words);
/// What of the diff the policy forbids: one diagnostic "diff-forbidden" a rule that hits. Empty: passes.
std::vector<core::Diagnostic> check(const Diff& diff, const Policy& policy);

}  // namespace envlock::diff
