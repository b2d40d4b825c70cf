#include "error.h"
#include "parser.h"

#include <bit>

namespace envlock::ptx {
namespace {

constexpr std::uint64_t kLargestVariable = std::uint64_t{1} << 30;

}  // namespace

void TokenReader::fail_at(int line, const std::string& message) const {
  throw PtxError(line, message, line_text(text_, line));
}

void TokenReader::expect(char mark) {
  if (!take_if(mark)) fail(std::string("expected `") + mark + "`, have `" + std::string(peek().text) + "`");
}

std::string TokenReader::expect_word(std::string_view what) {
  if (peek().kind != TokenKind::word)
    fail("expected " + std::string(what) + ", have `" + std::string(peek().text) + "`");
  return std::string(take().text);
}

std::uint64_t TokenReader::expect_integer(std::string_view what) {
  if (peek().kind != TokenKind::integer)
    fail("expected " + std::string(what) + ", have `" + std::string(peek().text) + "`");
  return take().value;
}

void TokenReader::skip_past(char mark) {
  int depth = 0;
  while (peek().kind != TokenKind::end) {
    const Token& token = take();
    if (token.is('{')) ++depth;
    if (token.is('}')) --depth;
    if (depth <= 0 && token.is(mark)) return;
  }
  fail(std::string("the text ends before `") + mark + "`");
}

Variable TokenReader::parse_variable(Space space) {
  Variable variable;
  variable.space = space;
  variable.line = peek().line;
  std::uint64_t lanes = 1;
  while (take_if('.')) {
    const std::string word = expect_word("a type or .align");
    if (word == "align") {
      variable.alignment = expect_integer("an alignment");
      if (!std::has_single_bit(variable.alignment) || variable.alignment > 4096)
        fail("the alignment is no power of two up to 4096");
    } else if (word == "v2" || word == "v4") {
      lanes = word == "v2" ? 2 : 4;
    } else if (word == "ptr") {
      // `.ptr .global .align 4` only describes a parameter.
      while (take_if('.'))
        if (expect_word("a pointer attribute") == "align") expect_integer("an alignment");
      break;
    } else if (parse_type(word) != Type::none) {
      variable.type = parse_type(word);
      if (variable.alignment < size_of(variable.type)) variable.alignment = size_of(variable.type);
    } else {
      fail("`." + word + "` is no type");
    }
  }
  variable.name = expect_word("a variable's name");
  std::uint64_t count = lanes;
  while (take_if('[')) {
    const std::uint64_t extent = peek().is(']') ? 0 : expect_integer("an extent");
    if (extent > kLargestVariable || count * extent > kLargestVariable) fail("the array is larger than 1 GiB");
    count *= extent;
    expect(']');
  }
  variable.size = count * size_of(variable.type);
  if (take_if('=')) {
    variable.initialised = true;
    parse_initial(variable, 0);
    if (variable.bytes.size() > variable.size) {
      if (variable.size != 0) fail("the initial value is longer than the variable");
      variable.size = variable.bytes.size();
    }
  }
  return variable;
}

void TokenReader::parse_initial(Variable& variable, int depth) {
  if (depth > 8) fail("the initial value is nested too deeply");
  if (!take_if('{')) return parse_initial_value(variable);
  while (!take_if('}')) {
    parse_initial(variable, depth + 1);
    if (!peek().is('}')) expect(',');
  }
}

void TokenReader::parse_initial_value(Variable& variable) {
  const unsigned size = size_of(variable.type);
  if (variable.bytes.size() + size > kLargestVariable) fail("the initial value is larger than 1 GiB");
  const bool minus = take_if('-');
  std::uint64_t bits = 0;
  if (peek().kind == TokenKind::word) {
    std::string name = expect_word("a name");
    if (name == "generic" && take_if('(')) {
      name = expect_word("a variable");
      expect(')');
    }
    const std::uint64_t addend = take_if('+') ? expect_integer("an offset") : 0;
    if (size != 8) fail("an address needs an 8-byte element");
    variable.relocations.push_back({variable.bytes.size(), name, addend});
  } else {
    const Token& token = take();
    bits = token.value;
    if (token.kind == TokenKind::decimal && variable.type == Type::f32)
      bits = std::bit_cast<std::uint32_t>(static_cast<float>(std::bit_cast<double>(token.value)));
    else if (token.kind == TokenKind::integer && is_float(variable.type))
      fail("an integer initialises a float");
    else if (token.kind == TokenKind::mark || token.kind == TokenKind::text || token.kind == TokenKind::end)
      fail("expected a value");
    if (minus && is_float(variable.type)) bits ^= std::uint64_t{1} << (size * 8 - 1);
    if (minus && !is_float(variable.type)) bits = 0 - bits;
  }
  for (unsigned i = 0; i < size; ++i) variable.bytes.push_back(static_cast<std::uint8_t>(bits >> (8 * i)));
}

}  // namespace envlock::ptx
