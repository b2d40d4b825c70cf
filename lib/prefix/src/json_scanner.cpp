#include "json_scanner.h"

#include "envlock/core/text.h"

namespace envlock::prefix {

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xE0 | (code >> 12));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
    }
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

const char* plain_end(const char* at, const char* end, bool& is_ascii) {
  unsigned char all = 0;
  for (; at != end; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x20 || byte == '"' || byte == '\\') break;
    all |= byte;
  }
  is_ascii = is_ascii && all < 0x80;
  return at;
}

bool is_unicode(std::string_view text) {
  return core::is_valid_utf8(text);
}

}  // namespace envlock::prefix
