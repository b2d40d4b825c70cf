#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "envlock/core/digest.h"
#include "tree.h"

namespace envlock::verify {

/// A regular file of the prefix, open for reading. Whatever else has come to stand in its place since the walk (a
/// pipe, a link, a device) is refused, never waited for.
class DiskFile {
 public:
  DiskFile(const Folder& prefix, const Node& node);
  ~DiskFile();
  DiskFile(DiskFile&& other) noexcept;
  DiskFile& operator=(DiskFile&& other) noexcept;
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  /// Empty: it can be read. Otherwise why not.
  const std::string& failure() const { return failure_; }
  std::uint64_t size() const { return size_; }
  /// Up to `count` bytes from `offset`; fewer at the end of the file. A failure leaves `failure()` not empty.
  std::size_t read(std::uint64_t offset, char* buffer, std::size_t count);
  std::string read(std::uint64_t offset, std::size_t count);
  /// After reading: is it still the file that the walk saw? Otherwise `failure()` says so.
  void check_unchanged();

 private:
  int descriptor_ = -1;
  const Node* node_;
  std::uint64_t size_ = 0;
  std::string failure_;
};

struct Hashed {
  std::optional<core::Sha256> sha256;
  std::string failure;  ///< why there is none
  std::uint64_t bytes = 0;
  bool was_read = true;
};

/// The hashing of one file, for those who hash it piece by piece.
class FileHashing {
 public:
  /// `buffer` is for the pieces, and must outlive this.
  FileHashing(const Folder& prefix, const Node& node, std::span<char> buffer);
  /// The next bytes for the hasher, valid until the next call; none at the end, and when it cannot be read.
  std::string_view next();
  core::Sha256Hasher& hasher() { return hasher_; }
  /// After the last piece.
  Hashed finish();

 private:
  DiskFile file_;
  const std::uint64_t size_;
  const std::span<char> buffer_;
  core::Sha256Hasher hasher_;
  std::uint64_t bytes_ = 0;
  bool is_over_ = false;
};
/// Reads through a buffer that stays in the processor's cache.
Hashed hash_file(const Folder& prefix, const Node& node);

}  // namespace envlock::verify
