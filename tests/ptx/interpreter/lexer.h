#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::ptx {

enum class TokenKind : std::uint8_t { word, integer, real32, real64, decimal, text, mark, end };

/// One token of a PTX text. `value` holds an integer, or the bits of a 0f or 0d literal, or of a decimal as double.
struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  int line = 0;
  std::uint64_t value = 0;
  bool is(char mark) const { return kind == TokenKind::mark && text.front() == mark; }
};

/// Splits a PTX text; the tokens view into it.
/// Throws: PtxError for a character or literal that PTX does not have.
std::vector<Token> split(std::string_view text);

/// The text of one line (counted from 1), without surrounding blanks.
std::string line_text(std::string_view text, int line);

}  // namespace envlock::ptx
