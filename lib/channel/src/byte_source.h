#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace envlock::channel {

/// An open file descriptor, closed at the end of its life. The file stays readable when its name goes away.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) noexcept;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  /// Throws: core::Error "file-not-found", "file-unreadable".
  static OpenFile for_reading(const std::filesystem::path& path);
  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  std::uint64_t size() const;
  /// Fills `to` from `offset`; false when the file ends before or cannot be read. Thread-safe.
  bool read_at(std::uint64_t offset, char* to, std::size_t size) const;
  /// Writes all; false when the disk refuses.
  bool write(std::string_view bytes) const;

 private:
  int descriptor_ = -1;
};

/// Bytes in order.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Up to `size` bytes; 0 at the end. Throws: core::Error.
  virtual std::size_t read(char* to, std::size_t size) = 0;
};

class FileSource final : public ByteSource {
 public:
  explicit FileSource(const OpenFile& file) : file_(file) {}
  std::size_t read(char* to, std::size_t size) override;

 private:
  const OpenFile& file_;
  std::uint64_t offset_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : rest_(bytes) {}
  std::size_t read(char* to, std::size_t size) override;

 private:
  std::string_view rest_;
};

}  // namespace envlock::channel
