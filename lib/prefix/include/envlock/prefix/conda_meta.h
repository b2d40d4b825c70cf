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

/// What a path in conda-meta is.
enum class InstalledType { hardlink, softlink, directory, pyc_file, entry_point, other };

/// One path of an installed package, as conda-meta/NAME.json has it.
struct InstalledPath {
  std::string path;  ///< relative to the prefix
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
  conda::PackageRecord record;               ///< channel: as the file says, a base URL where that can be told
  std::vector<InstalledPath> paths;          ///< sorted by path; from `paths_data`, else from `files`
  std::vector<std::string> requested_specs;  ///< not empty: the user asked for it
  std::string meta_file;                     ///< "numpy-1.26.4-py312heda63a1_0.json"

  bool operator==(const InstalledPackage&) const = default;
};

/// All of them, sorted by name. A file that cannot be read or understood is a Diagnostic in `broken` ("conda-meta-
/// invalid", naming the file), and the others are read all the same. ".*" and "._*" files are passed over.
struct InstalledPackages {
  std::vector<InstalledPackage> packages;
  std::vector<core::Diagnostic> broken;
};
/// Throws: core::Error "no-environment" when `prefix` has no conda-meta folder.
InstalledPackages read_conda_meta(const std::filesystem::path& prefix);
InstalledPackage parse_conda_meta(std::string_view text, const std::string& meta_file);

/// The bytes of the JSON: sorted keys, nothing of the clock, the machine or the cache in it, so that the same package
/// in the same prefix always has the same. conda, mamba and rattler read it.
std::string format(const InstalledPackage& package);

/// `env_vars` of conda-meta/state; empty when there is none.
std::map<std::string, std::string> read_variables(const std::filesystem::path& prefix);
std::string format_state(const std::map<std::string, std::string>& variables);

/// True for a folder with conda-meta/history or any conda-meta/*.json.
bool is_environment(const std::filesystem::path& prefix);
/// The words of conda-meta/frozen (CEP 22), when the environment is frozen.
std::optional<std::string> frozen_message(const std::filesystem::path& prefix);

}  // namespace envlock::prefix
