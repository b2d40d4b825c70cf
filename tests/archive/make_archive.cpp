#include "make_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <zstd.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "little_endian.h"

namespace envlock_test {
namespace {

using envlock::archive::append_little_endian;

void put(std::string& block, std::size_t offset, std::string_view text) {
  block.replace(offset, text.size(), text);
}

std::string octal(std::uint64_t number, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(number));
  return text;
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char each : bytes) {
    crc ^= static_cast<unsigned char>(each);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
  }
  return ~crc;
}

}  // namespace

std::string tar_member(const TarMember& member) {
  std::string block(512, '\0');
  put(block, 0, std::string_view(member.name).substr(0, 100));
  put(block, 100, octal(member.mode, 7));
  put(block, 108, octal(0, 7));
  put(block, 116, octal(0, 7));
  const std::uint64_t size = member.claimed_size == ~std::uint64_t{0} ? member.data.size() : member.claimed_size;
  put(block, 124, octal(size, 11));
  put(block, 136, octal(static_cast<std::uint64_t>(member.mtime), 11));
  put(block, 148, "        ");
  block[156] = member.type;
  put(block, 157, std::string_view(member.link).substr(0, 100));
  put(block, 257,
      std::string_view("ustar\0"
                       "00",
                       8));
  unsigned sum = 0;
  for (const char each : block) sum += static_cast<unsigned char>(each);
  put(block, 148, octal(sum, 6) + std::string_view("\0 ", 2).data());
  block[154] = '\0';
  block[155] = ' ';
  std::string data = member.data;
  data.resize((data.size() + 511) / 512 * 512, '\0');
  return block + data;
}

std::string tar(const std::vector<TarMember>& members) {
  std::string bytes;
  for (const TarMember& member : members) bytes += tar_member(member);
  return bytes + std::string(1024, '\0');
}

std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

std::string zstd(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
  return packed;
}

std::string bzip2(std::string_view bytes) {
  std::string packed;
  ::archive* writer = archive_write_new();
  archive_write_add_filter_bzip2(writer);
  archive_write_set_format_raw(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  const auto append = [](::archive*, void* out, const void* data, std::size_t size) -> la_ssize_t {
    static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  };
  archive_write_open(writer, &packed, nullptr, append, nullptr);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_free(writer);
  return packed;
}

std::string deflate(std::string_view bytes) {
  std::string packed;
  do {
    const std::string_view block = bytes.substr(0, 0xffff);
    bytes.remove_prefix(block.size());
    packed += bytes.empty() ? '\1' : '\0';
    append_little_endian(packed, block.size(), 2);
    append_little_endian(packed, ~block.size(), 2);
    packed += block;
  } while (!bytes.empty());
  return packed;
}

std::string zip(const std::vector<ZipEntry>& entries) {
  std::string bytes, directory;
  for (const ZipEntry& entry : entries) {
    const std::string packed = entry.deflated ? deflate(entry.data) : entry.data;
    const std::uint32_t crc = crc32(entry.data) ^ entry.wrong_crc;
    std::string common;  // the fields from the flags to the length of the extra field
    append_little_endian(common, entry.sizes_follow ? 8 : 0, 2);
    append_little_endian(common, entry.deflated ? 8 : 0, 2);
    append_little_endian(common, 0, 2);                     // 00:00:00
    append_little_endian(common, 44 << 9 | 3 << 5 | 2, 2);  // 2024-03-02
    const auto sizes = [&](std::string& out) {
      append_little_endian(out, crc, 4);
      append_little_endian(out, packed.size(), 4);
      append_little_endian(out, entry.data.size(), 4);
    };
    const std::size_t offset = bytes.size();
    bytes += "PK\x03\x04";
    append_little_endian(bytes, 20, 2);
    bytes += common;
    if (entry.sizes_follow) {
      bytes += std::string(12, '\0');
    } else {
      sizes(bytes);
    }
    append_little_endian(bytes, entry.name.size(), 2);
    append_little_endian(bytes, 0, 2);
    bytes += entry.name + packed;
    if (entry.sizes_follow) {
      bytes += "PK\x07\x08";
      sizes(bytes);
    }
    directory += "PK\x01\x02";
    append_little_endian(directory, 3 << 8 | 20, 2);
    append_little_endian(directory, 20, 2);
    directory += common;
    sizes(directory);
    append_little_endian(directory, entry.name.size(), 2);
    append_little_endian(directory, 0, 8);  // extra, comment, disk, internal attributes
    append_little_endian(directory, std::uint64_t{entry.unix_mode} << 16, 4);
    append_little_endian(directory, offset, 4);
    directory += entry.name;
  }
  const std::size_t begin = bytes.size();
  bytes += directory + "PK\x05\x06";
  append_little_endian(bytes, 0, 4);
  append_little_endian(bytes, entries.size(), 2);
  append_little_endian(bytes, entries.size(), 2);
  append_little_endian(bytes, directory.size(), 4);
  append_little_endian(bytes, begin, 4);
  append_little_endian(bytes, 0, 2);
  return bytes;
}

std::string conda(const std::vector<TarMember>& info, const std::vector<TarMember>& pkg) {
  return zip({{.name = "metadata.json", .data = "{\"conda_pkg_format_version\": 2}"},
              {.name = "pkg-x-1-0.tar.zst", .data = zstd(tar(pkg))},
              {.name = "info-x-1-0.tar.zst", .data = zstd(tar(info))}});
}

std::vector<TarMember> plain_info() {
  return {{.name = "info/index.json", .data = "{}"}, {.name = "info/paths.json", .data = "{\"paths\": []}"}};
}

void Recorder::begin(const envlock::archive::Entry& entry) {
  if (open) throw std::logic_error("begin before end");
  open = true;
  entries.push_back(entry);
  if (entry.kind == envlock::archive::EntryKind::file) files[entry.path];
}

void Recorder::data(std::string_view bytes) {
  if (!open || bytes.empty()) throw std::logic_error("data outside an entry, or empty");
  files.at(entries.back().path) += bytes;
}

void Recorder::end() {
  if (!open) throw std::logic_error("end without begin");
  open = false;
}

std::string package_refusal(const std::filesystem::path& file, const envlock::archive::Limits& limits) {
  return refusal([&] {
    Recorder recorder;
    envlock::archive::read_package(file, envlock::archive::Part::all, recorder, limits);
  });
}

}  // namespace envlock_test
