#include "libarchive_stream.h"

#include <new>

#include "archive_library.h"
#include "failure.h"
#include "little_endian.h"

namespace envlock::archive {
namespace {

/// A local header for `member`, made from what the directory says of it: libarchive need not be shown the archive's
/// own, which could tell it another story.
std::string local_header(const ZipMember& member) {
  constexpr std::uint64_t kLarge = 0xffffffff;
  const bool large = member.packed >= kLarge || member.unpacked >= kLarge;
  std::string bytes = "PK\x03\x04";
  append_little_endian(bytes, 45, 2);  // version needed
  append_little_endian(bytes, 0, 2);   // flags
  append_little_endian(bytes, member.method, 2);
  append_little_endian(bytes, 0, 4);  // time
  append_little_endian(bytes, member.crc, 4);
  append_little_endian(bytes, large ? kLarge : member.packed, 4);
  append_little_endian(bytes, large ? kLarge : member.unpacked, 4);
  append_little_endian(bytes, 1, 2);  // length of the name
  append_little_endian(bytes, large ? 20 : 0, 2);
  bytes += 'm';
  if (large) {
    append_little_endian(bytes, 1, 2);  // the zip64 field
    append_little_endian(bytes, 16, 2);
    append_little_endian(bytes, member.unpacked, 8);
    append_little_endian(bytes, member.packed, 8);
  }
  return bytes;
}

}  // namespace

void LibarchiveStream::Free::operator()(::archive* handle) const {
  libarchive().read_free(handle);
}

LibarchiveStream::LibarchiveStream(ByteSource& packed, const std::string& file, std::string_view entry,
                                   const Limits& limits)
    : packed_(packed), file_(file), entry_(entry), guard_(file, limits), handle_(libarchive().read_new()) {
  if (!handle_) throw std::bad_alloc();
}
LibarchiveStream::~LibarchiveStream() = default;

std::string_view LibarchiveStream::feed() {
  if (!first_.empty() && fed_ == 0) {
    fed_ = first_.size();
    return first_;
  }
  const std::string_view piece = packed_.next();
  fed_ += piece.size();
  guard_.packed(piece.size());
  return piece;
}

void LibarchiveStream::refuse(const std::string& why) const {
  refuse_unreadable(file_, entry_, why);
}

void LibarchiveStream::check(int status) {
  clock_.pause();
  if (failure_) std::rethrow_exception(failure_);
  if (status == ARCHIVE_OK || status == ARCHIVE_EOF) return;
  const char* said = libarchive().error_string(handle());
  refuse(std::string("its data is damaged: ") + (said != nullptr ? said : "the decompressor says no more"));
}

void LibarchiveStream::open() {
  const auto read = [](::archive*, void* self, const void** bytes) -> la_ssize_t {
    auto& stream = *static_cast<LibarchiveStream*>(self);
    stream.clock_.pause();
    std::string_view piece;
    try {
      piece = stream.feed();
    } catch (...) {
      stream.failure_ = std::current_exception();
    }
    stream.clock_.resume();
    *bytes = piece.data();
    return stream.failure_ ? -1 : static_cast<la_ssize_t>(piece.size());
  };
  clock_.resume();
  check(libarchive().read_open(handle(), this, nullptr, read, nullptr));
  clock_.resume();
  archive_entry* header = nullptr;
  const int status = libarchive().read_next_header(handle(), &header);
  check(status);
  if (status == ARCHIVE_EOF) refuse("its data is truncated");
}

std::string_view LibarchiveStream::next() {
  if (ended_) return {};
  for (;;) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    clock_.resume();
    const int status = libarchive().read_data_block(handle(), &bytes, &size, &offset);
    check(status);
    if (status == ARCHIVE_EOF) break;
    guard_.unpacked(size);
    if (size > 0) return {static_cast<const char*>(bytes), size};
  }
  ended_ = true;
  at_end();
  return {};
}

Bzip2Source::Bzip2Source(ByteSource& packed, const std::string& file, const Limits& limits)
    : LibarchiveStream(packed, file, "", limits) {
  libarchive().read_support_filter_bzip2(handle());
  libarchive().read_support_format_raw(handle());
  open();
  if (libarchive().filter_code(handle(), 0) != ARCHIVE_FILTER_BZIP2)
    refuse("it is neither a zip nor packed with bzip2");
}

void Bzip2Source::at_end() {
  if (static_cast<std::uint64_t>(libarchive().filter_bytes(handle(), -1)) != fed()) {
    refuse("something follows after its bzip2 data");
  }
}

ZipMemberSource::ZipMemberSource(ByteSource& packed, const ZipMember& member, const std::string& file,
                                 const Limits& limits)
    : LibarchiveStream(packed, file, member.name, limits) {
  libarchive().read_support_format_zip_streamable(handle());
  put_first(local_header(member));
  open();
}

}  // namespace envlock::archive
