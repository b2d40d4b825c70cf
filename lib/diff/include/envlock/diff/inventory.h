#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::diff {

enum class PackageKind { conda, pypi };

/// One package of one platform, as far as its source tells.
struct Item {
  PackageKind kind = PackageKind::conda;
  std::string name;  ///< of pypi: normalized (PEP 503)
  std::string version;
  std::string build;      ///< of pypi: "" for a file of an index, else "editable" or "commit 1a2b3c4"
  std::string channel;    ///< canonical, without secrets; "" when not told. Of pypi: the index, folder or repository
  std::string file_name;  ///< "" when not told. Of a wheel that was built: the file that it was made of
  std::optional<core::Sha256> sha256;
  std::optional<core::Md5> md5;
  std::optional<core::Sha256> root;          ///< prefix-independent, of snapshots
  std::optional<core::Sha256> built_sha256;  ///< of the wheel that was made of the file
  std::vector<std::string> depends;          ///< MatchSpecs; of pypi: PEP 508 requirements
  std::vector<std::string> constrains;
  std::optional<std::vector<std::string>> extras;  ///< those that are asked for, sorted; absent: not told
  std::vector<std::string> extra_depends;          ///< of conda: what its extras add, PEP 508 requirements
  std::vector<std::string> provides;               ///< of conda: the distributions of PyPI that it is, normalized
  bool requested = false;                          ///< somebody asked for it by name
  std::vector<std::string> requested_specs;        ///< as they asked, sorted; may be empty all the same
  std::vector<std::string> categories;

  bool operator==(const Item&) const = default;
};

/// What one side of a comparison is.
enum class SourceKind { lock, explicit_urls, conda_lock, pixi_lock, prefix, snapshot };

/// One side of a comparison: packages by platform, and what its source tells besides.
struct Inventory {
  std::string label;  ///< as the user named it: "envlock.lock", "HEAD~1:envlock.lock"
  SourceKind kind = SourceKind::lock;
  struct Platform {
    std::string name, subdir;                             ///< both "" for a list of packages that fit any platform
    std::vector<conda::VirtualPackage> virtual_packages;  ///< sorted by name; empty: not told
    std::vector<Item> items;                              ///< sorted by (kind, name, version, build)
  };
  std::vector<Platform> platforms;  ///< sorted by name
  std::map<std::string, std::string> variables;
  std::optional<std::vector<std::string>> indexes;  ///< of PyPI's half, in order; absent: none, or not told
  bool knows_requests = false;                      ///< so that "requested" means something
  bool knows_depends = false;
  bool knows_variables = false;
  bool knows_libraries = false;
  std::optional<snapshot::Machine> machine;
  std::vector<snapshot::FoundLibrary> libraries;
  std::optional<probe::Computed> computed;  ///< of a snapshot that was taken with --probe
};

/// From text of an envlock.lock, an @EXPLICIT list (CEP 23), a conda-lock.yml (CEP 37), a pixi.lock v4 to v7 or a
/// snapshot, told apart by content. Reads more than can be installed: entries without a hash, packages built from
/// source, editable ones. `environment`: which of a pixi.lock's is meant; "" is `default`, or the only one that holds
/// anything, or the first of them with a note.
/// Throws: core::Error "diff-unknown-format", "lock-invalid" with its place, "lock-environment-unknown", and what
/// lock::parse and snapshot::parse throw.
Inventory parse_inventory(std::string_view text, const std::string& label, const std::string& environment,
                          core::Notes& notes);
Inventory inventory_of(const snapshot::Snapshot& snapshot, const std::string& label, SourceKind kind);

/// True for text that parse_inventory would take, as far as its beginning tells. Cheap.
bool is_inventory(std::string_view text);

/// Keeps only the platforms of that name; where none has the name, those of that subdir. False when nothing is left.
bool restrict_to(Inventory& inventory, const std::vector<std::string>& platforms);

}  // namespace envlock::diff
