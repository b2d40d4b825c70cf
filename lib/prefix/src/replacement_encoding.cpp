#include "replacement_encoding.h"

#include <cstdint>
#include <cstring>

#include "envlock/core/text.h"

namespace envlock::prefix {

namespace {

constexpr std::size_t kEncodings = 5;
constexpr std::size_t kNpos = std::string_view::npos;

std::size_t unit_of(std::size_t encoding) {
  return encoding == 0 ? 1 : encoding <= 2 ? 2 : 4;
}
bool is_big_endian(std::size_t encoding) {
  return encoding == 2 || encoding == 4;
}

// The code point that begins at `at` of valid UTF-8; moves `at` behind it.
std::uint32_t next_code_point(std::string_view utf8, std::size_t& at) {
  const auto first = static_cast<unsigned char>(utf8[at++]);
  if (first < 0x80) return first;
  const int following = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  std::uint32_t point = first & (0x3FU >> following);
  for (int i = 0; i < following; ++i) point = (point << 6) | (static_cast<unsigned char>(utf8[at++]) & 0x3FU);
  return point;
}

void append_unit(std::string& out, std::uint32_t value, std::size_t bytes, bool big_endian) {
  for (std::size_t i = 0; i < bytes; ++i) {
    const std::size_t shift = 8 * (big_endian ? bytes - 1 - i : i);
    out.push_back(static_cast<char>((value >> shift) & 0xFFU));
  }
}

}  // namespace

std::string encode(std::string_view text, std::size_t encoding) {
  if (encoding == 0) return std::string(text);
  const std::size_t unit = unit_of(encoding);
  const bool big = is_big_endian(encoding);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t point = next_code_point(text, at);
    if (unit == 2 && point >= 0x10000) {
      append_unit(out, 0xD800 + ((point - 0x10000) >> 10), unit, big);
      append_unit(out, 0xDC00 + ((point - 0x10000) & 0x3FF), unit, big);
    } else {
      append_unit(out, point, unit, big);
    }
  }
  return out;
}

std::vector<EncodedPair> encode_all(std::string_view from, std::string_view to) {
  if (from.empty()) return {};
  const bool can_be_wide = core::is_valid_utf8(from) && core::is_valid_utf8(to);
  std::vector<EncodedPair> pairs;
  for (std::size_t encoding = 0; encoding < (can_be_wide ? kEncodings : 1); ++encoding) {
    pairs.push_back({.from = encode(from, encoding), .to = encode(to, encoding), .unit = unit_of(encoding)});
  }
  return pairs;
}

std::size_t position_of(std::string_view text, std::string_view needle, std::size_t from) {
  if (needle.empty() || from >= text.size()) return kNpos;
  const void* found = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  return found == nullptr ? kNpos : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t count_of(std::string_view text, std::string_view needle) {
  std::size_t found = 0;
  for (std::size_t at = position_of(text, needle); at != kNpos; at = position_of(text, needle, at + needle.size()))
    ++found;
  return found;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = position_of(text, from); at != kNpos; at = position_of(text, from, done)) {
    if (done == 0) out.reserve(text.size() + (to.size() > from.size() ? text.size() / 8 : 0));
    out.append(text.substr(done, at - done)).append(to);
    done = at + from.size();
  }
  out.append(text.substr(done));
  return out;
}

}  // namespace envlock::prefix
