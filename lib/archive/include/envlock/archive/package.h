#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "envlock/core/digest.h"

namespace envlock::archive {

enum class EntryKind { file, symlink, directory };

/// One entry of an archive, checked: its path is relative, normalized, valid UTF-8 without control characters and stays
/// inside; so does where a symlink points. A hard link inside the archive arrives as the file it names.
struct Entry {
  std::string path;  ///< forward slashes, no "." or ".." part, no leading or trailing slash
  EntryKind kind = EntryKind::file;
  std::uint32_t mode =
      0644;  ///< permission bits, the owner may always read; never writable by everybody, set-user-id and the like
  std::uint64_t size = 0;   ///< bytes, of files
  std::string link_target;  ///< of symlinks, as the archive has it
  std::int64_t mtime_seconds = 0;

  bool operator==(const Entry&) const = default;
};

/// Takes an archive's content in its order: begin, data any number of times (files only), end; entry by entry. What it
/// gets is to be believed only when the reading function has returned, with the digest that was wanted.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  virtual void begin(const Entry& entry) = 0;
  virtual void data(std::string_view bytes) = 0;
  virtual void end() = 0;
  /// A hard link to `earlier`, a file that this sink got whole. A sink that still has its content gives true and is
  /// done with the entry; otherwise the content comes once more through begin, data and end, after all other entries.
  virtual bool same_as(const Entry& entry, const std::string& earlier) {
    (void)entry, (void)earlier;
    return false;
  }
};

/// What keeps a hostile archive small.
struct Limits {
  std::uint64_t max_entries = 2'000'000;
  std::uint64_t max_total_bytes = std::uint64_t{64} << 30;
  std::uint64_t max_info_bytes = std::uint64_t{1} << 30;  ///< of all files under info/ together
  std::uint64_t max_expansion = 20'000;  ///< unpacked bytes for each packed byte, beyond the first 64 MiB
};

/// MD5 takes more time than SHA-256 on today's machines, and proves nothing; some records want it all the same.
enum class Hashes { sha256, sha256_and_md5 };

/// The CRCs of a zip's members prove nothing that a hash of the whole file does not.
enum class Checksums {
  checked,
  left_to_hash,  ///< of members that are stored as they are: the caller holds the digest against the one it wants
};

/// The archive file's own bytes, as they were read for this.
struct FileDigest {
  core::Sha256 sha256;
  std::uint64_t size = 0;
  std::optional<core::Md5> md5;  ///< when it was asked for

  bool operator==(const FileDigest&) const = default;
};

/// Which part of a conda package to hand to the sink. The whole file is read and hashed in any case.
enum class Part { info, all };

/// Reads a `.conda` (CEP 35) or `.tar.bz2` package (told apart by its bytes; tars packed in another way are refused,
/// since conda does not read them either): the content and the hash come from one and the same bytes, so that a file
/// which changes meanwhile cannot fool both. Memory does not grow with the file.
/// Order: entries under "info/" come first in a `.conda`; in a `.tar.bz2` they come where they stand, and Part::info
/// stops at the first entry that is not under "info/" once info/paths.json has come. Two files of one path, or a path
/// below a file or a symlink of the archive, are refused; names that differ by case are two names.
/// Throws: core::Error "archive-unreadable" (not a package, truncated, wrong checksum, changed while it was read),
/// "archive-unsafe" (absolute path, "..", a symlink that leaves, a device node, a hard link to nothing),
/// "archive-too-large", "file-not-found", "file-unreadable"; all name the file and, where there is one, the entry.
FileDigest read_package(const std::filesystem::path& file, Part part, EntrySink& sink, const Limits& limits = {},
                        Hashes hashes = Hashes::sha256, Checksums checksums = Checksums::checked);

/// The files under info/ by name ("paths.json", "link.json", "index.json", ...), and the hash of the whole archive.
struct PackageInfo {
  std::map<std::string, std::string> files;
  FileDigest digest;
};
PackageInfo read_info(const std::filesystem::path& file, const Limits& limits = {}, Hashes hashes = Hashes::sha256);

/// Reads a wheel (PEP 427: a zip). As read_package; every entry is handed over, in the order of their bytes.
FileDigest read_wheel(const std::filesystem::path& file, EntrySink& sink, const Limits& limits = {},
                      Hashes hashes = Hashes::sha256);

/// The hash of any file, read in pieces.
/// Throws: core::Error "file-not-found", "file-unreadable".
FileDigest hash_file(const std::filesystem::path& file, Hashes hashes = Hashes::sha256);

/// Time spent in decompressors by this process, over all threads, in nanoseconds. For benchmarks.
std::uint64_t decompression_nanoseconds();

}  // namespace envlock::archive
