#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace envlock::report {

/// One code point of a text as a terminal shows it: a tab is not expanded here, controls and invalid bytes are escaped.
struct Glyph {
  std::size_t bytes = 0;  ///< of the input; 1 for a byte that is not UTF-8
  std::string shown;      ///< what to print instead of it
  int columns = 0;        ///< of a terminal: 0 for a combining mark, 2 for a wide character
};

/// The first code point of a non-empty text.
Glyph first_glyph(std::string_view text);
/// The bytes that the first code point takes: cheap, for skipping.
std::size_t first_glyph_bytes(std::string_view text);
/// The columns that printable text takes.
int display_width(std::string_view text);

}  // namespace envlock::report
