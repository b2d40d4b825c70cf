#pragma once

#include "lexer.h"
#include "syntax.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace envlock::ptx {

/// Reads tokens one by one; the base of both parsers.
class TokenReader {
 public:
  TokenReader(const std::vector<Token>& tokens, std::size_t& at, std::string_view text)
      : tokens_(tokens), at_(at), text_(text) {}

 protected:
  const Token& peek(std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : tokens_.back();
  }
  const Token& take() {
    const Token& token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool take_if(char mark) {
    if (!peek().is(mark)) return false;
    take();
    return true;
  }
  void expect(char mark);
  std::string expect_word(std::string_view what);
  std::uint64_t expect_integer(std::string_view what);
  bool at_word(std::string_view word) const { return peek().kind == TokenKind::word && peek().text == word; }
  [[noreturn]] void fail(const std::string& message) const { fail_at(peek().line, message); }
  [[noreturn]] void fail_at(int line, const std::string& message) const;

  /// The rest of a variable's declaration after its space: alignment, type, name, size, initial value.
  Variable parse_variable(Space space);
  /// Skips to behind the next mark, braces inside kept together.
  void skip_past(char mark);
  std::string_view text() const { return text_; }
  const std::vector<Token>& tokens() const { return tokens_; }
  std::size_t& position() { return at_; }

 private:
  void parse_initial(Variable& variable, int depth);
  void parse_initial_value(Variable& variable);

  const std::vector<Token>& tokens_;
  std::size_t& at_;
  std::string_view text_;
};

/// Reads one function from its parameter list on.
class FunctionParser : private TokenReader {
 public:
  FunctionParser(const std::vector<Token>& tokens, std::size_t& at, std::string_view text)
      : TokenReader(tokens, at, text) {}
  /// The tokens stand behind `.entry` or `.func`.
  Function run(bool entry);

 private:
  struct Found {
    bool is_register = false;
    std::uint32_t index = 0;
  };
  using Scope = std::unordered_map<std::string, Found>;

  void parse_parameters(std::vector<std::uint32_t>& into);
  void parse_directives();
  void parse_body();
  void parse_declaration();
  void parse_registers();
  void parse_statement();
  Operand parse_operand();
  Operand parse_atom();
  Operand parse_named();
  std::vector<Operand> parse_operands_until(char mark);
  const Found* find(const std::string& name) const;
  void declare(const std::string& name, Found found);
  void declare_variable(Variable variable, std::vector<std::uint32_t>* into);

  Function function_;
  std::vector<Scope> scopes_;
  int depth_ = 0;
};

}  // namespace envlock::ptx
