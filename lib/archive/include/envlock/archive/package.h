#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "envlock/core/digest.h"

namespace envlock::archive {

enum class EntryKind { file, symlink, directory };

/// One entry of an archive, checked: its path is relative, normalized, valid UTF-8 and stays inside; so does where a
/// symlink points. A hard link inside the archive arrives as the file it names.
struct Entry {
  std::string path;  ///< forward slashes, no "." or ".." part, no leading or trailing slash
  EntryKind kind = EntryKind::file;
  std::uint32_t mode = 0644;  ///< permission bits (0777); never set-user-id, set-group-id or sticky
  std::uint64_t size = 0;     ///< bytes, of files
  std::string link_target;    ///< of symlinks, as the archive has it
  std::int64_t mtime_seconds = 0;

  bool operator==(const Entry&) const = default;
};

/// Takes an archive's content in its order: begin, data any number of times (files only), end; entry by entry.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  virtual void begin(const Entry& entry) = 0;
  virtual void data(std::string_view bytes) = 0;
  virtual void end() = 0;
};

/// What keeps a hostile archive small.
struct Limits {
  std::uint64_t max_entries = 2'000'000;
  std::uint64_t max_total_bytes = std::uint64_t{64} << 30;
  std::uint64_t max_info_bytes = std::uint64_t{1} << 30;  ///< of all files under info/ together
  std::uint64_t max_expansion = 20'000;  ///< unpacked bytes for each packed byte, beyond the first 64 MiB
};

/// The archive file's own bytes, as they were read for this.
struct FileDigest {
  core::Sha256 sha256;
  core::Md5 md5;
  std::uint64_t size = 0;
};

/// Which part of a conda package to hand to the sink. The whole file is read and hashed in any case.
enum class Part { info, all };

/// Reads a `.conda` (CEP 35) or `.tar.bz2` package (told apart by its bytes): the content and the hash come from one
/// and the same reading, so that a file which changes meanwhile cannot fool both. Entries under "info/" come first in a
/// `.conda`; in a `.tar.bz2` they come where they stand. Two entries of one path, or of paths that differ only by
/// being a folder and a file, are refused.
/// Throws: core::Error "archive-unreadable" (not a package, truncated, wrong checksum), "archive-unsafe" (absolute
/// path,
/// "..", a symlink that leaves, a device node, a hard link to nothing), "archive-too-large"; all name the file and
/// entry.
FileDigest read_package(const std::filesystem::path& file, Part part, EntrySink& sink, const Limits& limits = {});

/// The files under info/ by name ("paths.json", "link.json", "index.json", ...), and the hash of the whole archive.
struct PackageInfo {
  std::map<std::string, std::string> files;
  FileDigest digest;
};
PackageInfo read_info(const std::filesystem::path& file, const Limits& limits = {});

/// Reads a wheel (PEP 427: a zip). As read_package; every entry is handed over.
FileDigest read_wheel(const std::filesystem::path& file, EntrySink& sink, const Limits& limits = {});

/// Time spent in decompressors by this process, over all threads, in nanoseconds. For benchmarks.
std::uint64_t decompression_nanoseconds();

}  // namespace envlock::archive
