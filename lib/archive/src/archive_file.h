#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "byte_source.h"
#include "envlock/archive/package.h"
#include "envlock/core/digest.h"
#include "envlock/core/sha256_company.h"
#include "piece_buffer.h"

// How content and hash come from the same bytes although memory must not grow with the file.
//
// A HashedPass reads the file once, from its first byte to its last; each piece is read into memory once, hashed there
// and parsed there. What has to be known before its turn comes (a zip's directory, which stands at the end; the info
// part, which is to be handed out first) is read ahead with its own hash, and the pass, when it comes by, checks that
// the same range of bytes has the same hash. A file that another program writes to meanwhile is thus found out, also
// when it is written back. Nothing is mapped: a mapped file that shrinks would kill the process.

namespace envlock::archive {

/// An archive opened for reading.
class ArchiveFile {
 public:
  /// Throws: core::Error "file-not-found", "file-unreadable".
  explicit ArchiveFile(const std::filesystem::path& path);
  ~ArchiveFile();
  ArchiveFile(const ArchiveFile&) = delete;
  ArchiveFile& operator=(const ArchiveFile&) = delete;

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }  ///< when it was opened
  /// Fills `bytes` of `length` from `offset`; gives fewer only at the end of the file.
  std::size_t read_at(std::uint64_t offset, char* bytes, std::size_t length) const;

 private:
  std::string name_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

struct Range {
  std::uint64_t begin = 0, end = 0;
};

/// A place in a file that moves forward only.
class ByteCursor {
 public:
  explicit ByteCursor(std::uint64_t offset) : offset_(offset) {}
  virtual ~ByteCursor() = default;
  /// At least one byte and at most `max`, valid until the next call; empty at the end.
  std::string_view next(std::uint64_t max);
  /// Exactly so many bytes; fewer only at the end.
  std::string take(std::size_t length);
  void skip_to(std::uint64_t offset);
  std::uint64_t offset() const { return offset_; }

 private:
  virtual std::string_view refill() = 0;
  std::string_view ready_;
  std::uint64_t offset_;
};

/// Reads a range ahead of the pass and keeps its hash.
class ReadAhead : public ByteCursor {
 public:
  ReadAhead(const ArchiveFile& file, Range range);
  /// The hash of the whole range.
  core::Sha256 finish();

 private:
  std::string_view refill() override;
  const ArchiveFile& file_;
  Range range_;
  std::uint64_t position_;
  PieceBuffer buffer_;
  core::Sha256Hasher hasher_;
};

/// Bytes that a thread hashes beside others.
class HashedBeside : public core::Sha256Companion {
 public:
  explicit HashedBeside(core::Sha256Hasher& hasher) : hasher_(hasher) {}
  Ready next() override { return {&hasher_, bytes_}; }
  void hashed(std::size_t count) override { bytes_.remove_prefix(count); }
  /// They stay until the next call of finish.
  void begin(std::string_view bytes) { bytes_ = bytes; }
  /// Hashes what is left of them.
  void finish() { hasher_.update(std::exchange(bytes_, {})); }  // taken away first: not beside themselves

 private:
  core::Sha256Hasher& hasher_;
  std::string_view bytes_;
};

/// The one reading of the whole file. What was read is hashed beside what the same thread hashes meanwhile, such as the
/// files that come out of it, and at the latest when the next piece is read: two messages at once take hardly longer
/// than one.
class HashedPass : public ByteCursor {
 public:
  HashedPass(const ArchiveFile& file, Hashes hashes);
  /// Demands that a range, not yet passed, has this hash.
  void expect(Range range, const core::Sha256& sha256);
  /// Reads what is left. Throws: core::Error "archive-unreadable" when the file changed.
  FileDigest finish();

 private:
  struct Watch {
    Range range;
    core::Sha256 want;
    core::Sha256Hasher hasher;
  };
  std::string_view refill() override;
  [[noreturn]] void refuse_changed() const;
  const ArchiveFile& file_;
  std::uint64_t position_ = 0;
  PieceBuffer buffer_;
  core::Sha256Hasher sha256_;
  std::optional<core::Md5Hasher> md5_;
  std::vector<Watch> watches_;
  HashedBeside beside_{sha256_};
  core::Sha256Company company_{beside_};
};

/// The next bytes of a cursor, up to an offset, as a source.
class CursorSource : public ByteSource {
 public:
  CursorSource(ByteCursor& cursor, std::uint64_t end) : cursor_(cursor), end_(end) {}
  std::string_view next() override {
    return cursor_.offset() < end_ ? cursor_.next(end_ - cursor_.offset()) : std::string_view();
  }

 private:
  ByteCursor& cursor_;
  std::uint64_t end_;
};

}  // namespace envlock::archive
