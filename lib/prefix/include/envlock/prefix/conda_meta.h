#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/prefix/manifest.h"

namespace envlock::prefix {

/// What a path in conda-meta is. `other`: the file does not say (old tools listed names alone), or names a kind of
/// Windows.
enum class InstalledType { hardlink, softlink, directory, pyc_file, entry_point, other };

/// One path of an installed package, as conda-meta/NAME.json has it.
struct InstalledPath {
  std::string path;  ///< relative to the prefix, normalized, never outside it
  InstalledType type = InstalledType::hardlink;
  std::optional<core::Sha256> sha256;            ///< before replacement
  std::optional<core::Sha256> sha256_in_prefix;  ///< after replacement
  std::optional<std::uint64_t> size;
  std::optional<Placeholder> placeholder;
  bool no_link = false;

  bool operator==(const InstalledPath&) const = default;
};

/// One conda-meta/NAME-VERSION-BUILD.json. Source: CEP 32.
struct InstalledPackage {
  /// channel: a base URL without subdir and secrets where that can be told, else the name that the file has; "" when
  /// it has none. sha256 and md5 may be absent.
  conda::PackageRecord record;
  std::vector<InstalledPath> paths;          ///< sorted by path, each once; from `paths_data` and from `files`
  std::vector<std::string> requested_specs;  ///< not empty: the user asked for it; without secrets
  std::string meta_file;                     ///< "numpy-1.26.4-py312heda63a1_0.json"

  bool operator==(const InstalledPackage&) const = default;
};

/// All of them, sorted by name, then by file name (two of one name: a damaged environment). A file that cannot be read
/// or understood is a Diagnostic in `broken`, naming the file: "conda-meta-invalid", or "file-unreadable" when the
/// system did not let us look. The others are read all the same. ".*" and "._*" files are passed over.
struct InstalledPackages {
  std::vector<InstalledPackage> packages;
  std::vector<core::Diagnostic> broken;   ///< sorted by file name
  std::vector<std::string> broken_files;  ///< their plain names, parallel to `broken`
};
/// Reads with one thread per core. Throws: core::Error "no-environment" when `prefix` has no conda-meta folder,
/// "file-unreadable" when it cannot be listed, "prefix-unreadable" when it cannot be looked at.
InstalledPackages read_conda_meta(const std::filesystem::path& prefix);
/// As every conda, mamba, rattler or envlock wrote it. Throws: core::Error "conda-meta-invalid": no JSON, a wrong type,
/// an unsafe path, a name that is not the file's. `meta_file`: its plain name.
InstalledPackage parse_conda_meta(std::string_view text, const std::string& meta_file);

/// The bytes of the JSON: sorted keys, nothing of the clock, the machine or the cache in it, so that the same package
/// in the same prefix always has the same. conda, mamba and rattler read it. parse_conda_meta(format(x)) is x, when x
/// holds what parse_conda_meta may give. docs/formats/conda-meta.md
std::string format(const InstalledPackage& package);
/// "numpy-1.26.4-py312heda63a1_0.json": the only name under which conda believes the file.
std::string meta_file_name(const conda::PackageRecord& record);

/// `env_vars` of conda-meta/state; empty when there is none. Variables that conda marked as unset are left out.
/// Throws: core::Error "conda-meta-invalid" when the file is none of that kind, "file-unreadable".
std::map<std::string, std::string> read_variables(const std::filesystem::path& prefix);
/// conda-meta/state with these variables and nothing else. Order: by name.
std::string format_state(const std::map<std::string, std::string>& variables);
/// `existing` (the text of a conda-meta/state, "" for none) with its variables replaced by `variables` and its other
/// keys kept, sorted. "" when nothing is left to say: then there shall be no file. Throws: core::Error
/// "conda-meta-invalid" when `existing` is no JSON object.
std::string merge_state(std::string_view existing, const std::map<std::string, std::string>& variables);

/// conda-meta/history of an environment that holds these packages and was made in one go. The time of its one block is
/// the newest timestamp of the packages in UTC, so it holds no clock and follows from the packages alone. Order:
/// packages by name, specs as given by the packages.
std::string format_history(const std::vector<InstalledPackage>& packages);
/// `history` with one more block: what left and what came. Its time is the newest timestamp in `added`, or that of the
/// last block when that is later. Nothing removed and nothing added: `history` as it is.
std::string append_history(std::string_view history, const std::vector<InstalledPackage>& removed,
                           const std::vector<InstalledPackage>& added);

/// True for a folder with conda-meta/history or any conda-meta/*.json.
bool is_environment(const std::filesystem::path& prefix);
/// The words of conda-meta/frozen (CEP 22), when the environment is frozen; "" when the file has none. They come from
/// outside: show them through core::printable.
std::optional<std::string> frozen_message(const std::filesystem::path& prefix);

}  // namespace envlock::prefix
