#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "byte_source.h"
#include "decompression_clock.h"
#include "expansion_guard.h"
#include "zip_directory.h"

struct archive;

namespace envlock::archive {

/// A libarchive reader over a source, and what it unpacks. libarchive does the work of bzip2 and deflate here; the
/// structure of zips and tars is read by ourselves: its readers take many dialects, mend damage, convert names to the
/// locale and cut them at NUL, so that what a package holds would depend on the machine and the version that reads it.
class LibarchiveStream : public ByteSource {
 public:
  ~LibarchiveStream() override;
  std::string_view next() override;

 protected:
  LibarchiveStream(ByteSource& packed, const std::string& file, std::string_view entry, const Limits& limits);
  ::archive* handle() const { return handle_.get(); }
  /// Bytes that go before those of the source.
  void put_first(std::string bytes) { first_ = std::move(bytes); }
  void open();
  [[noreturn]] void refuse(const std::string& why) const;
  const std::string& entry() const { return entry_; }
  std::uint64_t fed() const { return fed_; }

 private:
  struct Free {
    void operator()(::archive* handle) const;
  };
  /// Called by libarchive for more bytes. Nothing may be thrown through its C code: `failure_` waits outside.
  std::string_view feed();
  void check(int status);
  /// Checks that need the end.
  virtual void at_end() {}

  ByteSource& packed_;
  const std::string& file_;
  std::string entry_;
  ExpansionGuard guard_;
  DecompressionClock clock_;
  std::unique_ptr<::archive, Free> handle_;
  std::string first_;
  std::uint64_t fed_ = 0;
  bool ended_ = false;
  std::exception_ptr failure_;
};

/// What a bzip2 file unpacks to.
class Bzip2Source : public LibarchiveStream {
 public:
  Bzip2Source(ByteSource& packed, const std::string& file, const Limits& limits);

 private:
  void at_end() override;
};

/// What a member of a zip unpacks to, its length and CRC checked.
class ZipMemberSource : public LibarchiveStream {
 public:
  /// `packed` gives the member's data alone.
  ZipMemberSource(ByteSource& packed, const ZipMember& member, const std::string& file, const Limits& limits);
};

}  // namespace envlock::archive
