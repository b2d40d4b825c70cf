#include "envlock/core/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace envlock::core {
namespace {

constexpr std::uint32_t kInvalid = 0xFFFFFFFF;

/// Decodes the code point at the start of `bytes` and its length; kInvalid with length 1 for malformed UTF-8.
std::uint32_t decode_code_point(std::string_view bytes, std::size_t& length) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  length = 1;
  const std::uint32_t first = byte(0);
  if (first < 0x80) return first;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < size) return kInvalid;
  std::uint32_t code = first & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return kInvalid;
    code = (code << 6) | (byte(i) & 0x3Fu);
  }
  static constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return kInvalid;
  length = size;
  return code;
}

void append_code_point(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<std::uint8_t>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::optional<std::string> decode_utf16(std::string_view bytes, bool big_endian) {
  if (bytes.size() % 2 != 0) return std::nullopt;
  const auto unit = [&](std::size_t i) -> std::uint32_t {
    const std::uint32_t a = static_cast<std::uint8_t>(bytes[i]);
    const std::uint32_t b = static_cast<std::uint8_t>(bytes[i + 1]);
    return big_endian ? a << 8 | b : b << 8 | a;
  };
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    std::uint32_t code = unit(i);
    if (code >= 0xDC00 && code <= 0xDFFF) return std::nullopt;
    if (code >= 0xD800 && code <= 0xDBFF) {
      if (i + 3 >= bytes.size()) return std::nullopt;
      const std::uint32_t low = unit(i + 2);
      if (low < 0xDC00 || low > 0xDFFF) return std::nullopt;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    }
    append_code_point(out, code);
  }
  return out;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string escaped(std::uint32_t code) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string digits;
  for (; code != 0 || digits.size() < 2; code >>= 4) digits.insert(digits.begin(), kHex[code & 15]);
  return digits.size() == 2 ? "\\x" + digits : "\\u{" + digits + "}";
}

/// True for what must not reach a terminal: controls, and the marks that reorder or hide text.
bool is_dangerous(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xFEFF || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

int edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<int>> cost(a.size() + 1, std::vector<int>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = static_cast<int>(i);
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

bool is_name_start(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
bool is_name_part(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string joined;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += separator;
    joined += parts[i];
  }
  return joined;
}

bool is_valid_utf8(std::string_view bytes) {
  // Most texts are ASCII.
  unsigned char all = 0;
  for (const char byte : bytes) all |= static_cast<unsigned char>(byte);
  if (all < 0x80) return true;
  std::size_t length = 1;
  for (; !bytes.empty(); bytes.remove_prefix(length)) {
    if (decode_code_point(bytes, length) == kInvalid) return false;
  }
  return true;
}

std::optional<std::string> decode_text(std::string_view bytes) {
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  if (bytes.substr(0, 2) == "\xFF\xFE") return decode_utf16(bytes.substr(2), false);
  if (bytes.substr(0, 2) == "\xFE\xFF") return decode_utf16(bytes.substr(2), true);
  // No text file starts with NUL bytes, so alternating ones mean UTF-16 without a mark.
  if (bytes.size() >= 4 && bytes[0] != '\0' && bytes[1] == '\0' && bytes[2] != '\0' && bytes[3] == '\0') {
    return decode_utf16(bytes, false);
  }
  if (bytes.size() >= 4 && bytes[0] == '\0' && bytes[1] != '\0' && bytes[2] == '\0' && bytes[3] != '\0') {
    return decode_utf16(bytes, true);
  }
  if (!is_valid_utf8(bytes)) return std::nullopt;
  return std::string(bytes);
}

int count_code_points(std::string_view utf8) {
  return static_cast<int>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string printable(std::string_view text, int max_code_points) {
  std::string out;
  std::size_t length = 1;
  for (int count = 0; !text.empty(); text.remove_prefix(length), ++count) {
    if (count == max_code_points) return out + "…";
    const std::uint32_t code = decode_code_point(text, length);
    if (code == kInvalid) {
      out += escaped(static_cast<std::uint8_t>(text.front()));
    } else if (is_dangerous(code)) {
      out += escaped(code);
    } else {
      out += text.substr(0, length);
    }
  }
  return out;
}

std::optional<std::string> closest_match(std::string_view word, std::span<const std::string> candidates) {
  if (word.size() > 64) return std::nullopt;
  const std::string wanted = to_lower(word);
  int best_distance = std::max(1, static_cast<int>(word.size()) / 3) + 1;
  const std::string* best = nullptr;
  for (const std::string& candidate : candidates) {
    const auto difference = static_cast<int>(candidate.size()) - static_cast<int>(word.size());
    if (std::abs(difference) >= best_distance) continue;
    const int distance = edit_distance(wanted, to_lower(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = &candidate;
    }
  }
  if (best == nullptr) return std::nullopt;
  return *best;
}

std::string expand_variables(std::string_view text, std::optional<std::string> (*look_up)(std::string_view)) {
  std::string out;
  while (!text.empty()) {
    std::size_t used = 1;
    std::string_view name;
    if (text[0] == '$' && text.size() > 1 && text[1] == '{') {
      const std::size_t end = text.find('}');
      if (end != std::string_view::npos) {
        name = text.substr(2, end - 2);
        used = end + 1;
      }
    } else if (text[0] == '$' && text.size() > 1 && is_name_start(text[1])) {
      std::size_t end = 1;
      while (end < text.size() && is_name_part(text[end])) ++end;
      name = text.substr(1, end - 1);
      used = end;
    }
    const std::optional<std::string> value = name.empty() ? std::nullopt : look_up(name);
    out += value ? std::string_view(*value) : text.substr(0, used);
    text.remove_prefix(used);
  }
  return out;
}

std::optional<std::string> environment_variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace envlock::core
