#include "tar_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "envlock/core/text.h"
#include "failure.h"
#include "tar_header.h"

// Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; the GNU tar manual, "Basic Tar Format".

namespace envlock::archive {
namespace {

constexpr std::uint64_t kLargestHeader = 1 << 20;  // of a pax header or a long name
constexpr int kMostHeaders = 16;                   // before one entry
constexpr std::int64_t kLatest = std::int64_t{1} << 40;

std::uint64_t padding_of(std::uint64_t size) {
  return (kTarBlock - size % kTarBlock) % kTarBlock;
}

TarKind kind_of(char type) {
  switch (type) {
    case '0':
    case '\0':
    case '7':  // contiguous: an ordinary file everywhere
      return TarKind::file;
    case '1':
      return TarKind::hard_link;
    case '2':
      return TarKind::symlink;
    case '5':
      return TarKind::directory;
    default:
      return TarKind::other;
  }
}

std::string path_of(std::string_view block) {
  const std::string_view name = tar_text(block, 0, 100);
  const std::string_view magic = block.substr(257, 6);
  // GNU's own format ("ustar  ") keeps other things where POSIX has the prefix.
  const std::string_view prefix = magic == std::string_view("ustar\0", 6) ? tar_text(block, 345, 155) : "";
  return prefix.empty() ? std::string(name) : std::string(prefix) + "/" + std::string(name);
}

}  // namespace

void TarReader::refuse(const std::string& why) const {
  refuse_unreadable(file_, member_, why);
}

std::string_view TarReader::piece(std::uint64_t max) {
  if (ready_.empty()) ready_ = source_.next();
  const std::string_view bytes =
      ready_.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(max, ready_.size())));
  ready_.remove_prefix(bytes.size());
  return bytes;
}

bool TarReader::read_block(char* block) {
  std::size_t filled = 0;
  while (filled < kTarBlock) {
    const std::string_view bytes = piece(kTarBlock - filled);
    if (bytes.empty()) break;
    std::memcpy(block + filled, bytes.data(), bytes.size());
    filled += bytes.size();
  }
  if (filled != 0 && filled != kTarBlock) refuse("its tar is truncated");
  return filled != 0;
}

std::string_view TarReader::data() {
  if (left_ == 0) return {};
  const std::string_view bytes = piece(left_);
  if (bytes.empty()) refuse("its tar is truncated");
  left_ -= bytes.size();
  return bytes;
}

void TarReader::finish_entry() {
  while (!data().empty()) {
  }
  left_ = std::exchange(padding_, 0);
  while (!data().empty()) {
  }
}

std::string TarReader::read_body(std::uint64_t size) {
  if (size > kLargestHeader) refuse("a header of " + std::to_string(size) + " bytes is too long");
  left_ = size;
  padding_ = padding_of(size);
  std::string body;
  for (std::string_view bytes = data(); !bytes.empty(); bytes = data()) body += bytes;
  finish_entry();
  return body;
}

void TarReader::finish_tar() {
  // Writers fill up with zeros to a multiple of their block size. Reading on also lets the decompressor see its end.
  for (std::string_view bytes = piece(~std::uint64_t{0}); !bytes.empty(); bytes = piece(~std::uint64_t{0})) {
    if (!is_zero_block(bytes)) refuse("something follows after the end of its tar");
  }
}

void TarReader::apply_pax(std::string_view records, Extension& extension) const {
  while (!records.empty()) {
    const std::size_t blank = records.find(' ');
    const std::optional<std::int64_t> length = pax_number(records.substr(0, std::min(blank, records.size())));
    if (blank == std::string_view::npos || blank > 8 || !length || *length < 0 ||
        static_cast<std::size_t>(*length) > records.size() || static_cast<std::size_t>(*length) < blank + 3) {
      refuse("a pax header is malformed");
    }
    const std::string_view record = records.substr(blank + 1, static_cast<std::size_t>(*length) - blank - 1);
    const std::size_t equals = record.find('=');
    if (record.back() != '\n' || equals == std::string_view::npos) refuse("a pax header is malformed");
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1, record.size() - equals - 2);
    records.remove_prefix(static_cast<std::size_t>(*length));
    if (key == "path") {
      extension.path = value;
    } else if (key == "linkpath") {
      extension.link = value;
    } else if (key == "size" || key == "mtime") {
      const std::optional<std::int64_t> number = pax_number(value);
      if (!number || (key == "size" && *number < 0)) refuse("a pax header holds a number that is none");
      if (key == "size") extension.size = static_cast<std::uint64_t>(*number);
      if (key == "mtime") extension.mtime_seconds = *number;
    } else if (key.substr(0, 11) == "GNU.sparse.") {
      refuse("it holds a sparse file");
    }
  }
}

TarEntry TarReader::make_entry(std::string_view block, const Extension& extension) const {
  TarEntry entry{.path = extension.path.value_or(path_of(block)), .kind = kind_of(block[156]), .type = block[156]};
  const auto number = [&](std::size_t offset, std::size_t length) {
    const std::optional<std::int64_t> value = tar_number(block, offset, length);
    if (!value) refuse_unreadable(file_, entry.path, "a number of its header is malformed");
    return *value;
  };
  const std::int64_t size = number(124, 12);
  if (size < 0) refuse_unreadable(file_, entry.path, "its size is negative");
  entry.size = extension.size.value_or(static_cast<std::uint64_t>(size));
  entry.mode = static_cast<std::uint32_t>(number(100, 8) & 07777);
  entry.mtime_seconds = std::clamp(extension.mtime_seconds.value_or(number(136, 12)), -kLatest, kLatest);
  if (entry.kind == TarKind::hard_link || entry.kind == TarKind::symlink) {
    entry.link = extension.link.value_or(std::string(tar_text(block, 157, 100)));
  }
  // Tars of the time before POSIX mark directories so.
  if (entry.kind == TarKind::file && !entry.path.empty() && entry.path.back() == '/') entry.kind = TarKind::directory;
  if (entry.kind != TarKind::file && entry.kind != TarKind::other && entry.size != 0) {
    // Tools disagree whether data follows, so two of them would see two packages.
    refuse_unreadable(file_, entry.path, "it is no file, and yet its header claims data");
  }
  return entry;
}

std::optional<TarEntry> TarReader::next() {
  finish_entry();
  Extension extension = global_;
  char buffer[kTarBlock];
  const std::string_view block(buffer, kTarBlock);
  for (int headers = 0;; ++headers) {
    if (!read_block(buffer)) refuse("its tar is truncated: the end mark is missing");
    if (is_zero_block(block)) {
      if (headers > 0) refuse("its tar ends with a header that belongs to nothing");
      finish_tar();
      return std::nullopt;
    }
    if (!tar_checksum_agrees(block)) refuse("the checksum of a tar header is wrong");
    if (headers == kMostHeaders) refuse("too many headers stand before one entry");
    const std::optional<std::int64_t> size = tar_number(block, 124, 12);
    const auto body = [&] {
      if (!size || *size < 0) refuse("a number of a header is malformed");
      return read_body(static_cast<std::uint64_t>(*size));
    };
    switch (buffer[156]) {
      case 'x':
        apply_pax(body(), extension);
        break;
      case 'g':
        apply_pax(body(), global_);
        extension = global_;
        break;
      case 'L':
        extension.path = tar_text(body(), 0, std::string_view::npos);
        break;
      case 'K':
        extension.link = tar_text(body(), 0, std::string_view::npos);
        break;
      default: {
        TarEntry entry = make_entry(block, extension);
        left_ = entry.size;
        padding_ = padding_of(entry.size);
        return entry;
      }
    }
  }
}

}  // namespace envlock::archive
