#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/digest.h"

namespace envlock::prefix {

enum class PathType { hardlink, softlink, directory };
enum class FileMode { text, binary };

/// The string that stands in a file for the prefix, as the package was built.
struct Placeholder {
  std::string text;
  FileMode mode = FileMode::text;

  bool operator==(const Placeholder&) const = default;
};

/// One path of a package, as its info/paths.json has it.
struct ManifestPath {
  std::string path;  ///< in the package: "site-packages/x.py" in a noarch python package
  PathType type = PathType::hardlink;
  std::optional<core::Sha256> sha256;  ///< of the file before replacement; of a link's target for softlinks
  std::optional<std::uint64_t> size;   ///< bytes
  std::optional<Placeholder> placeholder;
  bool no_link = false;  ///< copy, do not link

  bool operator==(const ManifestPath&) const = default;
};

/// "tqdm = tqdm.cli:main"
struct EntryPoint {
  std::string command;
  std::string module;
  std::string function;

  bool operator==(const EntryPoint&) const = default;
};
/// Throws: core::Error "entry-point-invalid": a command with a slash, backslash or control character, or that is "." or
/// "..", a module or function that is no dotted name (GHSA-9m8m-c4j3-rj2c).
EntryPoint parse_entry_point(std::string_view text);

enum class Noarch { none, generic, python };

/// What a package says about itself. Order: paths by path.
struct Manifest {
  std::string name;  ///< of info/index.json, with version and build
  std::string version;
  std::string build;
  Noarch noarch = Noarch::none;
  std::vector<ManifestPath> paths;
  std::vector<EntryPoint> entry_points;
  std::string python_site_packages_path;  ///< of a python package (CEP 17); "" elsewhere
  /// Scripts that conda would run: "bin/.NAME-post-link.sh", "bin/.NAME-pre-unlink.sh", "bin/.NAME-pre-link.sh".
  std::vector<std::string> link_scripts;

  bool operator==(const Manifest&) const = default;
};

/// From the files under info/: paths.json, link.json and index.json; where an old package has no paths.json, from
/// `files`, `has_prefix`, `no_link` and `no_softlink`.
/// Throws: core::Error "package-invalid" (JSON that is none, a wrong type, an unsafe or doubled path, a path that
/// differs from another by case only is a note's matter and allowed here), "entry-point-invalid". `package` names it.
Manifest parse_manifest(const std::map<std::string, std::string>& info, const std::string& package);

}  // namespace envlock::prefix
