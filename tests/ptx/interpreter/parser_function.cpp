#include "error.h"
#include "parser.h"

#include <algorithm>
#include <utility>

namespace envlock::ptx {
namespace {

constexpr std::size_t kMostRegisters = 1u << 20;
constexpr int kDeepest = 64;

}  // namespace

Function FunctionParser::run(bool entry) {
  scopes_.emplace_back();
  function_.entry = entry;
  function_.line = peek().line;
  if (peek().is('(')) parse_parameters(function_.results);
  function_.name = expect_word("a function's name");
  if (peek().is('(')) parse_parameters(function_.parameters);
  parse_directives();
  if (take_if(';')) return std::move(function_);
  expect('{');
  function_.has_body = true;
  parse_body();
  return std::move(function_);
}

void FunctionParser::parse_parameters(std::vector<std::uint32_t>& into) {
  expect('(');
  while (!take_if(')')) {
    expect('.');
    const std::string word = expect_word(".param");
    if (word == "reg") fail("register parameters are not supported");
    if (word != "param") fail("expected `.param`");
    declare_variable(parse_variable(Space::param), &into);
    if (!peek().is(')')) expect(',');
  }
}

void FunctionParser::parse_directives() {
  while (take_if('.')) {
    const std::string word = expect_word("a directive");
    if (word == "maxntid" || word == "reqntid") {
      std::uint64_t threads = expect_integer("a count");
      while (take_if(',')) threads *= expect_integer("a count");
      function_.max_threads = static_cast<unsigned>(std::min<std::uint64_t>(threads, 1024));
    } else if (word == "minnctapersm" || word == "maxnreg") {
      expect_integer("a count");
    } else if (word != "noreturn") {
      fail("`." + word + "` is not supported at a function");
    }
  }
}

void FunctionParser::parse_body() {
  if (++depth_ > kDeepest) fail("the braces are nested too deeply");
  scopes_.emplace_back();
  while (!take_if('}')) {
    if (peek().kind == TokenKind::end) fail("the text ends inside `" + function_.name + "`");
    if (take_if('{')) {
      parse_body();
    } else if (take_if(';')) {
      continue;
    } else if (peek().is('.')) {
      parse_declaration();
    } else if (peek().kind == TokenKind::word && peek(1).is(':')) {
      Label label{std::string(take().text), function_.statements.size()};
      take();
      for (const Label& known : function_.labels)
        if (known.name == label.name) fail("label `" + label.name + "` stands twice");
      function_.labels.push_back(std::move(label));
    } else {
      parse_statement();
    }
  }
  scopes_.pop_back();
  --depth_;
}

void FunctionParser::parse_declaration() {
  expect('.');
  const std::string word = expect_word("a directive");
  if (word == "reg") return parse_registers();
  if (word == "loc") {
    expect_integer("a file");
    expect_integer("a line");
    expect_integer("a column");
    while (take_if(',')) {
      // `, function_name $L__info, inlined_at 1 2 3`
      expect_word("a location fact");
      while (peek().kind == TokenKind::integer || (peek().kind == TokenKind::word && !peek(1).is(':') &&
                                                   peek().text.substr(0, 3) == "$L_" && peek(1).is(',')))
        take();
    }
    return;
  }
  if (word == "pragma" || word == "branchtargets" || word == "callprototype") return skip_past(';');
  Space space = Space::local;
  if (word == "shared")
    space = Space::shared;
  else if (word == "param")
    space = Space::param;
  else if (word != "local")
    fail("`." + word + "` is not supported inside a function");
  declare_variable(parse_variable(space), nullptr);
  expect(';');
}

void FunctionParser::parse_registers() {
  Type type = Type::none;
  while (take_if('.')) {
    const std::string word = expect_word("a type");
    if (word == "v2" || word == "v4") fail("vector registers are not supported");
    type = parse_type(word);
    if (type == Type::none) fail("`." + word + "` is no type");
  }
  if (type == Type::none) fail("a register needs a type");
  do {
    const std::string name = expect_word("a register");
    std::uint64_t count = 0;
    const bool range = take_if('<');
    if (range) {
      count = expect_integer("a count");
      expect('>');
    }
    if (count > kMostRegisters || function_.registers.size() + count > kMostRegisters)
      fail("there are too many registers");
    for (std::uint64_t i = 0; i < (range ? count : 1); ++i) {
      const std::string full = range ? name + std::to_string(i) : name;
      declare(full, {true, static_cast<std::uint32_t>(function_.registers.size())});
      function_.registers.push_back({full, type});
    }
  } while (take_if(','));
  expect(';');
}

void FunctionParser::declare(const std::string& name, Found found) {
  if (!scopes_.back().emplace(name, found).second) fail("`" + name + "` is declared twice");
}

void FunctionParser::declare_variable(Variable variable, std::vector<std::uint32_t>* into) {
  const auto index = static_cast<std::uint32_t>(function_.variables.size());
  declare(variable.name, {false, index});
  function_.variables.push_back(std::move(variable));
  if (into != nullptr) into->push_back(index);
}

const FunctionParser::Found* FunctionParser::find(const std::string& name) const {
  for (std::size_t i = scopes_.size(); i-- > 0;) {
    const auto found = scopes_[i].find(name);
    if (found != scopes_[i].end()) return &found->second;
  }
  return nullptr;
}

void FunctionParser::parse_statement() {
  Statement statement;
  statement.line = peek().line;
  if (take_if('@')) {
    const bool negated = take_if('!');
    const std::string name = expect_word("a predicate");
    const Found* found = find(name);
    if (found == nullptr || !found->is_register || function_.registers[found->index].type != Type::pred)
      fail("`" + name + "` is no predicate register");
    statement.guard = Guard{found->index, negated};
  }
  statement.name = expect_word("an instruction");
  while (take_if('.')) {
    if (peek().kind != TokenKind::word && peek().kind != TokenKind::integer) fail("expected a modifier");
    std::string modifier(take().text);
    if (peek().is(':') && peek(1).is(':')) {  // .L2::128B
      take();
      take();
      if (peek().kind == TokenKind::integer) modifier += "::" + std::string(take().text);
      if (peek().kind == TokenKind::word) modifier += "::" + std::string(take().text);
    }
    statement.modifiers.push_back(std::move(modifier));
  }
  statement.operands = parse_operands_until(';');
  function_.statements.push_back(std::move(statement));
}

std::vector<Operand> FunctionParser::parse_operands_until(char mark) {
  std::vector<Operand> operands;
  if (take_if(mark)) return operands;
  do {
    operands.push_back(parse_operand());
  } while (take_if(','));
  expect(mark);
  return operands;
}

Operand FunctionParser::parse_operand() {
  if (++depth_ > kDeepest) fail("the operands are nested too deeply");
  Operand operand = parse_atom();
  --depth_;
  if (!take_if('|')) return operand;
  Operand pair;
  pair.kind = OperandKind::vector;
  pair.parts.push_back(std::move(operand));
  pair.parts.push_back(parse_atom());
  return pair;
}

Operand FunctionParser::parse_atom() {
  Operand operand;
  if (take_if('{')) {
    operand.kind = OperandKind::vector;
    operand.parts = parse_operands_until('}');
    return operand;
  }
  if (take_if('(')) {
    operand.kind = OperandKind::list;
    operand.parts = parse_operands_until(')');
    return operand;
  }
  if (take_if('[')) {
    operand.kind = OperandKind::address;
    operand.parts.push_back(parse_operand());
    operand.value = std::exchange(operand.parts.front().value, 0);
    if (operand.parts.front().kind == OperandKind::reg && take_if('+')) {
      const bool minus = take_if('-');
      const std::uint64_t offset = expect_integer("an offset");
      operand.value = minus ? 0 - offset : offset;
    } else if (operand.parts.front().kind == OperandKind::reg && take_if('-')) {
      operand.value = 0 - expect_integer("an offset");
    }
    expect(']');
    return operand;
  }
  if (take_if('!')) {
    operand = parse_named();
    operand.negated = true;
    return operand;
  }
  if (peek().kind == TokenKind::word) return parse_named();
  const bool minus = take_if('-');
  const Token& token = peek();
  operand.value = token.value;
  switch (token.kind) {
    case TokenKind::integer:
      operand.kind = OperandKind::integer;
      if (minus) operand.value = 0 - operand.value;
      break;
    case TokenKind::real32:
      operand.kind = OperandKind::real32;
      if (minus) operand.value ^= 0x80000000u;
      break;
    case TokenKind::real64:
    case TokenKind::decimal:
      operand.kind = token.kind == TokenKind::real64 ? OperandKind::real64 : OperandKind::decimal;
      if (minus) operand.value ^= std::uint64_t{1} << 63;
      break;
    case TokenKind::word:
    case TokenKind::text:
    case TokenKind::mark:
    case TokenKind::end:
      fail("expected an operand, have `" + std::string(token.text) + "`");
  }
  take();
  return operand;
}

Operand FunctionParser::parse_named() {
  Operand operand;
  operand.name = expect_word("a register");
  if (operand.name == "_") return operand;
  if (const Found* found = find(operand.name)) {
    operand.kind = found->is_register ? OperandKind::reg : OperandKind::variable;
    operand.index = found->index;
    if (found->is_register) return operand;
  } else if (operand.name.front() == '%') {
    operand.kind = OperandKind::special;
    if (take_if('.')) operand.name += "." + expect_word("x, y or z");
    return operand;
  } else {
    operand.kind = OperandKind::name;
  }
  if (take_if('+')) {
    const bool minus = take_if('-');
    operand.value = expect_integer("an offset");
    if (minus) operand.value = 0 - operand.value;
  } else if (take_if('-')) {
    operand.value = 0 - expect_integer("an offset");
  }
  return operand;
}

}  // namespace envlock::ptx
