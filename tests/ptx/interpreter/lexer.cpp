#include "lexer.h"

#include "error.h"

#include <bit>
#include <cstdlib>

namespace envlock::ptx {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%';
}
bool in_word(char c) {
  return starts_word(c) || is_digit(c);
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    for (skip_blank(); at_ < text_.size(); skip_blank()) tokens.push_back(next());
    tokens.push_back({TokenKind::end, text_.substr(text_.size()), line_, 0});
    return tokens;
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  [[noreturn]] void fail(const std::string& message) const { throw PtxError(line_, message, line_text(text_, line_)); }

  void skip_blank() {
    while (at_ < text_.size()) {
      if (peek() == '/' && peek(1) == '/') {
        while (at_ < text_.size() && peek() != '\n') ++at_;
      } else if (peek() == '/' && peek(1) == '*') {
        const int opened = line_;
        for (at_ += 2; !(peek() == '*' && peek(1) == '/'); ++at_) {
          if (at_ >= text_.size()) throw PtxError(opened, "the comment does not end", line_text(text_, opened));
          if (peek() == '\n') ++line_;
        }
        at_ += 2;
      } else if (peek() == '\n') {
        ++line_;
        ++at_;
      } else if (peek() == ' ' || peek() == '\t' || peek() == '\r' || (peek() == '\0' && at_ + 1 == text_.size())) {
        ++at_;
      } else {
        return;
      }
    }
  }

  Token make(TokenKind kind, std::size_t begin, std::uint64_t value = 0) const {
    return {kind, text_.substr(begin, at_ - begin), line_, value};
  }

  Token next() {
    const std::size_t begin = at_;
    if (starts_word(peek())) {
      while (in_word(peek())) ++at_;
      return make(TokenKind::word, begin);
    }
    if (is_digit(peek())) return number();
    if (peek() == '"') {
      for (++at_; peek() != '"'; ++at_)
        if (at_ >= text_.size() || peek() == '\n') fail("the string does not end");
      ++at_;
      return make(TokenKind::text, begin);
    }
    if (std::string_view(".,;:{}()[]<>@!|+-=*~&^").find(peek()) == std::string_view::npos || peek() == '\0')
      fail("PTX has no such character here");
    ++at_;
    return make(TokenKind::mark, begin);
  }

  std::uint64_t digits(unsigned base, std::size_t least, std::size_t most) {
    std::uint64_t value = 0;
    std::size_t count = 0;
    for (; static_cast<unsigned>(digit_value(peek())) < base; ++at_, ++count)
      value = value * base + static_cast<unsigned>(digit_value(peek()));
    if (count < least || count > most) fail("a literal has " + std::to_string(count) + " digits");
    return value;
  }

  Token number() {
    const std::size_t begin = at_;
    const char second = peek(1);
    if (peek() == '0' && (second == 'f' || second == 'F' || second == 'd' || second == 'D')) {
      at_ += 2;
      const bool single = second == 'f' || second == 'F';
      const std::uint64_t bits = digits(16, single ? 8 : 16, single ? 8 : 16);
      return make(single ? TokenKind::real32 : TokenKind::real64, begin, bits);
    }
    std::uint64_t value = 0;
    if (peek() == '0' && (second == 'x' || second == 'X')) {
      at_ += 2;
      value = digits(16, 1, 16);
    } else if (peek() == '0' && (second == 'b' || second == 'B')) {
      at_ += 2;
      value = digits(2, 1, 64);
    } else {
      while (is_digit(peek())) ++at_;
      const bool fraction = peek() == '.' && is_digit(peek(1));
      if (fraction || peek() == 'e' || peek() == 'E') return decimal(begin);
      at_ = begin;
      value = peek() == '0' ? digits(8, 1, 23) : digits(10, 1, 20);
      if (is_digit(peek())) fail("an octal literal holds an 8 or 9");
    }
    if (peek() == 'U' || peek() == 'u') ++at_;
    return make(TokenKind::integer, begin, value);
  }

  Token decimal(std::size_t begin) {
    while (is_digit(peek()) || peek() == '.') ++at_;
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits(10, 1, 4);
    }
    const std::string copy(text_.substr(begin, at_ - begin));
    return make(TokenKind::decimal, begin, std::bit_cast<std::uint64_t>(std::strtod(copy.c_str(), nullptr)));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<Token> split(std::string_view text) {
  return Lexer(text).run();
}

std::string line_text(std::string_view text, int line) {
  std::size_t begin = 0;
  for (int at = 1; at < line; ++at) {
    begin = text.find('\n', begin);
    if (begin == std::string_view::npos) return {};
    ++begin;
  }
  std::string_view found = text.substr(begin, text.find('\n', begin) - begin);
  const std::size_t first = found.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  found = found.substr(first, found.find_last_not_of(" \t\r") - first + 1);
  std::string clean;
  for (const char c : found.substr(0, 200)) clean += static_cast<unsigned char>(c) < 32 ? ' ' : c;
  return clean;
}

}  // namespace envlock::ptx
