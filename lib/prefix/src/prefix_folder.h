#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock::prefix {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// A path of a package or of a RECORD that may be used in a prefix: relative, no empty, "." or ".." part, no NUL.
bool is_safe_path(std::string_view path);
/// "lib/python3.12" of "lib/python3.12/os.py"; "" for a path without a slash.
std::string_view parent_of(std::string_view path);
std::string_view leaf_of(std::string_view path);

/// A prefix, held open. All paths are relative to it, and no symbolic link on the way is ever followed, so that
/// nothing outside can be reached, whatever lies in the prefix. The prefix itself may be reached through links.
class PrefixFolder {
 public:
  /// Throws: core::Error "prefix-unwritable" when it cannot be opened.
  explicit PrefixFolder(const std::filesystem::path& path);

  /// The folder itself for "". Without one, a Descriptor that is false, and errno says why.
  Descriptor open(std::string_view folder) const;
  int root() const { return root_.get(); }
  const std::filesystem::path& path() const { return path_; }
  std::string shown(std::string_view relative) const { return (path_ / relative).string(); }

 private:
  std::filesystem::path path_;
  Descriptor root_;
};

/// Finds many paths: the folder last used stays open, so that neighbours cost nothing. For one thread.
class Cursor {
 public:
  explicit Cursor(const PrefixFolder& prefix) : prefix_(prefix) {}

  /// The open folder in which `path` lies; -1, and errno, when there is none.
  int folder_of(std::string_view path);
  /// The last part of `path`, ended by NUL.
  static std::string name_of(std::string_view path) { return std::string(leaf_of(path)); }
  /// What is there, links not followed. Absent: nothing, or no such folder.
  std::optional<struct stat> status(std::string_view path);
  /// Forgets the open folder: it may have been removed and made again.
  void reset() { open_ = Descriptor(), valid_ = false; }
  const PrefixFolder& prefix() const { return prefix_; }

 private:
  const PrefixFolder& prefix_;
  std::string folder_;
  Descriptor open_;
  int error_ = 0;
  bool valid_ = false;
};

/// The names in an open folder, without "." and "..", sorted. Empty when it cannot be read.
std::vector<std::string> names_in(int folder);
/// The target of a symbolic link. Absent when it is none.
std::optional<std::string> link_target(int folder, const std::string& name);
/// Everything that `file` has from its current place on. Absent on an error (errno).
std::optional<std::string> read_all(int file);
/// False on an error (errno).
bool write_all(int file, std::string_view bytes);

}  // namespace envlock::prefix
