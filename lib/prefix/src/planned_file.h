#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/archive/package_cache.h"
#include "envlock/prefix/transaction.h"
#include "prefix_folder.h"

namespace envlock::prefix {

/// How a file comes about.
enum class FileSource {
  link,     ///< the cached file itself: reflink, hard link or copy
  copy,     ///< always a copy of the cached file
  rewrite,  ///< the cached file, its placeholder replaced
  symlink,
  bytes,   ///< what `bytes` holds
  staged,  ///< unpacked from a wheel already, and only moved
  pyc,     ///< compiled from a source that is linked in the same install
  meta,    ///< written at the end: conda-meta
};

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// The oldest time that anything of ours gets: 1980-01-01, the oldest that a zip file can hold.
constexpr std::int64_t kOldestSeconds = 315'532'800;

struct PlannedFile {
  std::string path;  ///< where it lies in the prefix
  FileSource source = FileSource::link;
  std::size_t rank = 0;         ///< of whom it belongs to: the higher one's file is there in the end
  std::size_t package = kNone;  ///< in WantedFiles::packages
  std::size_t entry = kNone;    ///< in that package's `installed`
  const archive::UnpackedFile* cached = nullptr;
  const Placeholder* placeholder = nullptr;
  /// bytes: the content. symlink: the target. pyc: the path of the source. staged: the name in the stage.
  std::string bytes;
  core::Sha256 sha256{};   ///< staged: of the content
  std::uint64_t size = 0;  ///< staged: of the content
  std::uint32_t mode = 0644;
  std::int64_t time_seconds = kOldestSeconds;
};

/// A package that is linked, and what its conda-meta will say.
struct PackageToLink {
  const WantedPackage* wanted = nullptr;
  const archive::Unpacked* unpacked = nullptr;
  Descriptor files;  ///< the folder of its cached files; not open when there are many packages
  Manifest manifest;
  std::size_t rank = 0;
  std::int64_t time_seconds = kOldestSeconds;  ///< of what is generated for it
  InstalledPackage installed;                  ///< its hashes are filled as the files come about
};

/// The seconds of a record's own time, never older than kOldestSeconds.
std::int64_t time_of(const conda::PackageRecord& record);

}  // namespace envlock::prefix
