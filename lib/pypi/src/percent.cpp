#include "percent.h"

#include <charconv>

#include "ascii.h"

namespace envlock::pypi {

std::string undo_percent(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    if (text[at] == '%' && at + 2 < text.size()) {
      const char* begin = text.data() + at + 1;
      const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
      if (error == std::errc() && end == begin + 2) {
        out += static_cast<char>(static_cast<unsigned char>(value));
        at += 2;
        continue;
      }
    }
    out += text[at];
  }
  return out;
}

std::string do_percent(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (ascii::is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace envlock::pypi
