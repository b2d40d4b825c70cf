#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::core {

/// The whole file.
/// Throws: Error "file-not-found", "file-unreadable", "file-too-large" (more than max_bytes).
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 32);

/// Replaces `path` so that a reader, a kill or a full disk sees the old file or the whole new one, never a part:
/// writes beside it, syncs, renames. Follows a symbolic link and keeps the old file's mode.
/// Throws: Error "file-unwritable" (says what the system said; the old file is untouched).
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// A read-only memory-mapped file. Movable; unmaps at the end of its life.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws: Error "file-not-found", "file-unreadable".
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace envlock::core
