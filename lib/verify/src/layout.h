#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/prefix/layout.h"
#include "envlock/prefix/manifest.h"
#include "envlock/verify/verify.h"
#include "replaced_content.h"

namespace envlock::verify {

enum class WantedKind { file, symlink, directory, entry_point };

/// One path that a package puts into the prefix, and what must be there.
struct WantedPath {
  std::string path;  ///< relative to the prefix
  WantedKind kind = WantedKind::file;
  std::optional<core::Sha256> sha256;  ///< of the bytes on disk; absent where they depend on the prefix, or are unknown
  std::vector<core::Sha256> also;      ///< other hashes that are right too
  std::optional<std::uint64_t> size;   ///< bytes, where they are told; with a placeholder the most that may be
  std::optional<std::uint32_t> mode;   ///< 0777; absent where only conda-meta speaks
  std::optional<std::string> target;   ///< of symlinks
  std::optional<prefix::EntryPoint> entry_point;
  std::optional<prefix::Placeholder> placeholder;
  std::optional<core::Sha256> original;  ///< with a placeholder: of the bytes before replacement
  /// Of files with a placeholder, when the archive was read: how the bytes on disk compare.
  std::optional<ReplacedOutcome> replaced;
  std::optional<core::Sha256> replaced_sha256;  ///< of the bytes on disk that were proved so
  std::string guessed_prefix;                   ///< where a file that does not compare seems to be installed to; or ""
  std::string package_path;                     ///< in the archive; "" without
};

/// What one package puts into the prefix.
struct PackageLayout {
  Proof proof = Proof::none;
  std::string archive;
  std::string weak_reason;
  std::vector<WantedPath> paths;  ///< sorted by path
  std::vector<std::string> link_scripts;
  std::vector<std::string> inconsistencies;  ///< between the archive's manifest and its content
  std::uint64_t archive_bytes = 0;           ///< hashed, other candidates included
  std::size_t archives_read = 0;
  std::uint64_t replaced_bytes = 0;  ///< hashed on disk, of files with a placeholder
  std::size_t replaced_files = 0;
};

/// What conda-meta says that a package puts there: not evidence.
PackageLayout layout_of(const prefix::InstalledPackage& package);

}  // namespace envlock::verify
