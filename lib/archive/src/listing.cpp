#include "listing.h"

#include <cstring>

#include "entry_path.h"
#include "little_endian.h"

namespace envlock::archive {
namespace {

constexpr std::string_view kListingMagic = "envlock-files-1\n", kStampsMagic = "envlock-times-1\n";
constexpr std::size_t kHash = 32;
constexpr std::size_t kListingHeader = 16 + kHash + 8 + 8 + 8, kListingRecord = 4 + 4 + 8 + 8 + 4 + 4 + kHash;
constexpr std::size_t kStampsHeader = 16 + kHash + 8, kStampsRecord = 5 * 8;

void append(std::string& bytes, const core::Sha256& digest) {
  bytes.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
}

core::Sha256 digest_at(std::string_view bytes, std::size_t offset) {
  core::Sha256 digest;
  std::memcpy(digest.bytes.data(), bytes.data() + offset, kHash);
  return digest;
}

/// The bytes before the checksum, when it agrees.
std::optional<std::string_view> checked(std::string_view bytes, std::string_view magic, std::size_t header) {
  if (bytes.size() < header + kHash || bytes.substr(0, magic.size()) != magic) return std::nullopt;
  const std::string_view content = bytes.substr(0, bytes.size() - kHash);
  if (core::sha256(content) != digest_at(bytes, content.size())) return std::nullopt;
  return content;
}

std::optional<EntryKind> kind_of(std::uint64_t number) {
  for (const EntryKind kind : {EntryKind::file, EntryKind::symlink, EntryKind::directory}) {
    if (static_cast<std::uint64_t>(kind) == number) return kind;
  }
  return std::nullopt;
}

/// Whoever can write the cache can write a listing with a right checksum; it still must not lead outside.
bool is_safe(const Entry& entry) {
  if (!is_checked_path(entry.path) || (entry.mode & ~0777U) != 0) return false;
  if (entry.kind != EntryKind::symlink) return entry.link_target.empty();
  return check_link_target(entry.path, entry.link_target).empty();
}

}  // namespace

core::Sha256 identity_of(std::string_view listing) {
  return digest_at(listing, listing.size() - kHash);
}

std::string format_listing(const Unpacked& package) {
  std::size_t text = 0;
  for (const UnpackedFile& file : package.files) text += file.entry.path.size() + file.entry.link_target.size();
  std::string bytes;
  bytes.reserve(kListingHeader + package.files.size() * kListingRecord + text + kHash);
  bytes += kListingMagic;
  append(bytes, package.package);
  append_little_endian(bytes, package.package_size, 8);
  append_little_endian(bytes, package.files.size(), 8);
  append_little_endian(bytes, text, 8);
  for (const UnpackedFile& file : package.files) {
    append_little_endian(bytes, static_cast<std::uint64_t>(file.entry.kind), 4);
    append_little_endian(bytes, file.entry.mode, 4);
    append_little_endian(bytes, file.entry.size, 8);
    append_little_endian(bytes, static_cast<std::uint64_t>(file.entry.mtime_seconds), 8);
    append_little_endian(bytes, file.entry.path.size(), 4);
    append_little_endian(bytes, file.entry.link_target.size(), 4);
    append(bytes, file.sha256);
  }
  for (const UnpackedFile& file : package.files) bytes.append(file.entry.path).append(file.entry.link_target);
  append(bytes, core::sha256(bytes));
  return bytes;
}

std::optional<Unpacked> parse_listing(std::string_view bytes) {
  const std::optional<std::string_view> content = checked(bytes, kListingMagic, kListingHeader);
  if (!content) return std::nullopt;
  Unpacked package{.package = digest_at(*content, 16), .package_size = little_endian(*content, 16 + kHash, 8)};
  package.listing = identity_of(bytes);
  const std::uint64_t count = little_endian(*content, 24 + kHash, 8), text = little_endian(*content, 32 + kHash, 8);
  const std::size_t rest = content->size() - kListingHeader;
  if (count > rest / kListingRecord || text != rest - count * kListingRecord) return std::nullopt;
  std::string_view texts = content->substr(content->size() - static_cast<std::size_t>(text));
  const auto take_text = [&](std::uint64_t length) {
    const std::string_view taken = texts.substr(0, static_cast<std::size_t>(length));
    texts.remove_prefix(taken.size());
    return std::string(taken);
  };
  package.files.resize(static_cast<std::size_t>(count));
  std::size_t at = kListingHeader;
  for (std::size_t i = 0; i < package.files.size(); ++i, at += kListingRecord) {
    UnpackedFile& file = package.files[i];
    const std::optional<EntryKind> kind = kind_of(little_endian(*content, at, 4));
    if (!kind) return std::nullopt;
    file.entry.kind = *kind;
    file.entry.mode = static_cast<std::uint32_t>(little_endian(*content, at + 4, 4));
    file.entry.size = little_endian(*content, at + 8, 8);
    file.entry.mtime_seconds = static_cast<std::int64_t>(little_endian(*content, at + 16, 8));
    file.entry.path = take_text(little_endian(*content, at + 24, 4));
    file.entry.link_target = take_text(little_endian(*content, at + 28, 4));
    file.sha256 = digest_at(*content, at + 32);
    if (!is_safe(file.entry) || (i > 0 && file.entry.path <= package.files[i - 1].entry.path)) return std::nullopt;
  }
  if (!texts.empty()) return std::nullopt;
  return package;
}

std::string format_stamps(const core::Sha256& listing, const std::vector<FileStamp>& stamps) {
  std::string bytes;
  bytes.reserve(kStampsHeader + stamps.size() * kStampsRecord + kHash);
  bytes += kStampsMagic;
  append(bytes, listing);
  append_little_endian(bytes, stamps.size(), 8);
  for (const FileStamp& stamp : stamps) {
    append_little_endian(bytes, stamp.device, 8);
    append_little_endian(bytes, stamp.inode, 8);
    append_little_endian(bytes, stamp.size, 8);
    append_little_endian(bytes, static_cast<std::uint64_t>(stamp.mtime_nanoseconds), 8);
    append_little_endian(bytes, static_cast<std::uint64_t>(stamp.ctime_nanoseconds), 8);
  }
  append(bytes, core::sha256(bytes));
  return bytes;
}

bool parse_stamps(std::string_view bytes, const core::Sha256& listing, std::vector<UnpackedFile>& files) {
  const std::optional<std::string_view> content = checked(bytes, kStampsMagic, kStampsHeader);
  if (!content || digest_at(*content, 16) != listing) return false;
  if (little_endian(*content, 16 + kHash, 8) != files.size() ||
      content->size() != kStampsHeader + files.size() * kStampsRecord) {
    return false;
  }
  std::size_t at = kStampsHeader;
  for (UnpackedFile& file : files) {
    file.stamp.device = little_endian(*content, at, 8);
    file.stamp.inode = little_endian(*content, at + 8, 8);
    file.stamp.size = little_endian(*content, at + 16, 8);
    file.stamp.mtime_nanoseconds = static_cast<std::int64_t>(little_endian(*content, at + 24, 8));
    file.stamp.ctime_nanoseconds = static_cast<std::int64_t>(little_endian(*content, at + 32, 8));
    at += kStampsRecord;
  }
  return true;
}

}  // namespace envlock::archive
