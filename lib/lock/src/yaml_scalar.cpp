#include "yaml_scalar.h"

#include <algorithm>
#include <array>

#include "envlock/core/text.h"

namespace envlock::lock {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Starts with a letter, holds nothing that YAML could read as its own, and is no word for a truth value or null.
bool is_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kWords = {"true", "false", "yes", "no", "on",
                                                             "off",  "null",  "y",   "n"};
  static constexpr std::string_view kHarmless = "_-./+@";
  if (text.empty() || !(is_letter(text.front()) || text.front() == '_')) return false;
  const std::string lower = core::to_lower(text);
  if (std::find(kWords.begin(), kWords.end(), lower) != kWords.end()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool colon_inside = c == ':' && i + 1 < text.size() && text[i + 1] == '/';
    if (!is_letter(c) && !(c >= '0' && c <= '9') && kHarmless.find(c) == std::string_view::npos && !colon_inside)
      return false;
  }
  return true;
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  static constexpr char kHex[] = "0123456789abcdef";
  const bool has_control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  std::string out(1, has_control ? '"' : '\'');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!has_control) {
      out += c == '\'' ? "''" : std::string(1, c);
    } else if (byte < 0x20 || byte == 0x7F) {
      out += std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
    } else if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else {
      out += c;
    }
  }
  return out + out.front();
}

}  // namespace envlock::lock
