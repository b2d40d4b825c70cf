#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/core/time.h"

namespace envlock::conda {

/// One package file as its channel describes it: all that a lock keeps.
/// Source: CEP 36 (repodata), CEP 20 (python_site_packages_path), CEP 47 (indexed_timestamp).
struct PackageRecord {
  std::string name;
  std::string version;
  std::string build;
  std::uint64_t build_number = 0;
  std::string channel;    ///< canonical base URL or relative path of the channel (Channel::base), never a mirror
  std::string subdir;     ///< the folder it lies in: "linux-64", "noarch"
  std::string file_name;  ///< "numpy-1.26.4-py312heda63a1_0.conda"
  /// Where the file is when it is not channel/subdir/file_name (a CEP 15 base_url, a URL spec); secret-free.
  std::optional<std::string> url;
  std::optional<core::Sha256> sha256;
  std::optional<core::Md5> md5;
  std::optional<std::uint64_t> size;  ///< bytes
  std::vector<std::string> depends;   ///< MatchSpec texts as the record has them, in its order
  std::vector<std::string> constrains;
  std::string license;
  std::optional<core::Milliseconds> timestamp;          ///< normalized to milliseconds
  std::optional<core::Milliseconds> indexed_timestamp;  ///< server side, milliseconds
  std::vector<std::string> track_features;              ///< one feature each, sorted
  std::string noarch;                                   ///< "", "generic" or "python"
  std::string python_site_packages_path;

  bool operator==(const PackageRecord&) const = default;
};

/// "numpy-1.26.4-py312heda63a1_0": the file name without ".conda" or ".tar.bz2".
std::string stem(const PackageRecord& record);
/// The record's own url, or channel + "/" + subdir + "/" + file_name.
std::string package_url(const PackageRecord& record);

/// The parts of a package file name, views into it. Absent when it does not end in .conda or .tar.bz2 or has no two
/// hyphens. Source: CEP 26.
struct FileNameParts {
  std::string_view name;
  std::string_view version;
  std::string_view build;
  bool is_conda = false;  ///< ".conda", not ".tar.bz2"
};
std::optional<FileNameParts> split_file_name(std::string_view file_name);

/// True for a name CEP 26 allows: lower case letters, digits, ".", "_", "-", not starting with "." or "-"; virtual
/// packages start with "__".
bool is_valid_name(std::string_view name);
/// True for a plain file name: no slash, no backslash, no control character, not "." or "..", at most 255 bytes.
bool is_safe_file_name(std::string_view file_name);

}  // namespace envlock::conda
