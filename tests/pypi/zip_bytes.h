#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace envlock_test {

inline std::string pack(const std::string& text, int window) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
inline std::string deflate(const std::string& text) {
  return pack(text, -15);
}
inline std::string gzip(const std::string& text) {
  return pack(text, 31);
}

/// Writes zips, also such as nobody should.
struct ZipBytes {
  struct Member {
    std::string name, data;
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::size_t size = 0;
    std::optional<std::string> local_name;
    std::optional<std::size_t> claimed_offset, claimed_size;
    std::uint16_t flags = 0;
  };
  std::vector<Member> members;

  void add(const std::string& name, const std::string& text) { put(name, text, text, 0); }
  void add_deflated(const std::string& name, const std::string& text) { put(name, text, deflate(text), 8); }

  std::string bytes() const { return build(false); }
  std::string bytes64() const { return build(true); }

 private:
  static std::string number(std::uint64_t value, int width) {
    std::string text;
    for (int i = 0; i < width; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
  }
  void put(const std::string& name, const std::string& text, std::string data, std::uint16_t method) {
    Member member{name, std::move(data), method, 0, text.size(), {}, {}, {}, 0};
    member.crc = static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
    members.push_back(std::move(member));
  }
  static std::string common(const Member& member) {
    const std::size_t size = member.claimed_size.value_or(member.size);
    return number(member.flags, 2) + number(member.method, 2) + number(0, 2) + number(0x21, 2) + number(member.crc, 4) +
           number(member.data.size(), 4) + number(size, 4);
  }
  std::string build(bool zip64) const {
    std::string out, directory;
    for (const Member& member : members) {
      const std::size_t offset = member.claimed_offset.value_or(out.size());
      const std::string name = member.local_name.value_or(member.name);
      out += "PK\x03\x04" + number(20, 2) + common(member) + number(name.size(), 2) + number(0, 2) + name + member.data;
      const std::string extra = zip64 ? number(1, 2) + number(8, 2) + number(offset, 8) : std::string();
      directory += "PK\x01\x02" + number(20, 2) + number(20, 2) + common(member) + number(member.name.size(), 2) +
                   number(extra.size(), 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 4) +
                   number(zip64 ? 0xffffffff : offset, 4) + member.name + extra;
    }
    const std::size_t begin = out.size(), end = begin + directory.size();
    out += directory;
    if (zip64) {
      out += "PK\x06\x06" + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) + number(members.size(), 8) +
             number(members.size(), 8) + number(directory.size(), 8) + number(begin, 8);
      out += "PK\x06\x07" + number(0, 4) + number(end, 8) + number(1, 4);
    }
    return out + "PK\x05\x06" + number(0, 4) + number(zip64 ? 0xffff : members.size(), 2) +
           number(zip64 ? 0xffff : members.size(), 2) + number(zip64 ? 0xffffffff : directory.size(), 4) +
           number(zip64 ? 0xffffffff : begin, 4) + number(0, 2);
  }
};

/// Writes tars of small files.
struct TarBytes {
  void add(const std::string& path, const std::string& text, char type = '0') {
    std::string header(512, '\0');
    header.replace(0, path.size(), path);
    header.replace(100, 7, "0000644");
    header.replace(124, 11, octal(text.size(), 11));
    header.replace(136, 11, octal(0, 11));
    header.replace(148, 8, "        ");
    header[156] = type;
    header.replace(257, 6, std::string("ustar\0", 6));
    std::size_t sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    header.replace(148, 6, octal(sum, 6));
    header[154] = '\0';
    all += header + text + std::string((512 - text.size() % 512) % 512, '\0');
  }
  std::string bytes() const { return all + std::string(1024, '\0'); }

 private:
  static std::string octal(std::size_t value, int width) {
    std::string text;
    for (int i = 0; i < width; ++i, value /= 8) text.insert(text.begin(), static_cast<char>('0' + value % 8));
    return text;
  }
  std::string all;
};

}  // namespace envlock_test
