#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/archive/package.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"

namespace envlock::archive {

/// What stat says of a file: equal stamps mean that nobody wrote to it through the file system since.
/// ctime cannot be set by a program; a link made or removed changes it too.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_nanoseconds = 0;
  std::int64_t ctime_nanoseconds = 0;

  bool operator==(const FileStamp&) const = default;
};
/// Absent when there is nothing (symlinks are not followed).
std::optional<FileStamp> stamp_of(const std::filesystem::path& file);

struct UnpackedFile {
  Entry entry;
  core::Sha256 sha256;  ///< of files: computed while unpacking
  FileStamp stamp;      ///< of files, when they were last known to be right; all zeros: not known

  bool operator==(const UnpackedFile&) const = default;
};

/// A package unpacked in the cache: `folder`/files/<path> for every entry, info/ included.
struct Unpacked {
  core::Sha256 package;  ///< the archive's SHA-256
  std::uint64_t package_size = 0;
  std::filesystem::path folder;
  std::vector<UnpackedFile> files;  ///< sorted by path
  core::Sha256 listing{};           ///< the checksum of its listing, which its stamps belong to

  /// Null when the package has no such entry.
  const UnpackedFile* find(std::string_view path) const;
  std::filesystem::path path_of(const UnpackedFile& file) const { return folder / "files" / file.entry.path; }
};

class CacheCursor;

/// Packages unpacked under `root`, one folder a SHA-256 of the archive. Many processes and threads may share it; a kill
/// at any moment leaves it whole (unpacked beside, renamed into place). The listing of a package carries a checksum;
/// one that is damaged counts as absent and is unpacked anew. Files have the modes and times of the archive whatever
/// the umask; folders have those of the umask. Trust: what `root` holds is believed only as far as its bytes are hashed
/// again or proved unchanged by their stamps. Where `root` takes no files, what it has is used all the same, and what
/// it lacks is unpacked into a private folder under $TMPDIR, which goes with this object.
/// Source: docs/formats/package-cache.md.
class PackageCache {
 public:
  explicit PackageCache(std::filesystem::path root);
  ~PackageCache();
  PackageCache(PackageCache&&) noexcept;

  /// The package, when it is here and its listing is whole. Does not look at the files.
  std::optional<Unpacked> find(const core::Sha256& package) const;
  /// Unpacks `archive_file` unless it is here. `package` is compared with what was read.
  /// Throws: as read_package; core::Error "hash-mismatch" (want, have, the file), "disk-full", and "cache-unwritable"
  /// where the private folder cannot be made either.
  Unpacked unpack(const std::filesystem::path& archive_file, const core::Sha256& package, const Limits& limits = {});
  /// Makes sure that the cached file is what was unpacked: by its stamp, else by its size, mode and hash. False: it was
  /// changed.
  bool is_unchanged(const Unpacked& package, const UnpackedFile& file) const;
  enum class Look {
    changed,  ///< not what was unpacked
    touched,  ///< the content is right, but not the mode or the time: a link would show them
    same,
  };
  struct Glance {
    Look look = Look::changed;
    bool needs_hash = false;  ///< only when its bytes have the hash is it so; else it is `changed`
  };
  /// As is_unchanged, for many files: what one look tells. `at` was sent to the file.
  Glance glance(const UnpackedFile& file, const CacheCursor& at) const;
  /// Has each the bytes that were unpacked? Two together take hardly longer than one.
  static std::pair<bool, bool> have_hashes(const UnpackedFile& first, const CacheCursor& first_at,
                                           const UnpackedFile& second, const CacheCursor& second_at);
  static bool has_hash(const UnpackedFile& file, const CacheCursor& at);

  struct Restamped {
    const Unpacked* package = nullptr;
    int folder = -1;                 ///< its `files`, held open; -1: it is not
    std::vector<std::size_t> files;  ///< in package->files; the others keep their stamps
  };
  /// Takes stamps of files anew, after links to them were made: they have just been proved or made by us, and
  /// only files whose size, mode and mtime are still the recorded ones are taken. Losing this costs time, never safety.
  /// `threads`: 0 is one per core.
  void restamp(const std::vector<Restamped>& packages, std::size_t threads = 0) const;
  /// That of all files of one package.
  void restamp(const Unpacked& package) const;
  /// Throws the package away: the next unpack makes it anew.
  void remove(const core::Sha256& package) const;
  /// Why packages are unpacked into a private folder ("cache-unwritable"); absent while they are not.
  std::optional<core::Diagnostic> trouble() const;

  const std::filesystem::path& root() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Archives that other tools keep, to be read and never written: the `pkgs` folders of conda ($CONDA_PKGS_DIRS,
/// $CONDA_PREFIX/pkgs, ~/.conda/pkgs), mamba ($MAMBA_ROOT_PREFIX/pkgs, ~/micromamba/pkgs) and rattler
/// (~/.cache/rattler/cache/pkgs), those that exist, in this order, without repetition.
std::vector<std::filesystem::path> foreign_package_folders();
/// A file of that name and SHA-256 in one of the folders. Hashes it; a file with another hash is passed over.
std::optional<std::filesystem::path> find_archive(const std::vector<std::filesystem::path>& folders,
                                                  std::string_view file_name, const core::Sha256& sha256);

}  // namespace envlock::archive
