#include "selector.h"

#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/spec/spec.h"

#include <algorithm>
#include <cctype>

namespace envlock::spec {
namespace {

constexpr std::size_t kMaxLength = 500;
constexpr int kMaxDepth = 32;

// conda-build 25.1's names without Python's and NumPy's, and `osx64` (CEP 24).
const std::vector<std::string>& selector_names() {
  static const std::vector<std::string> names = {
      "aarch64", "arm", "arm64", "armv6l", "armv7l",  "emscripten", "freebsd", "linux", "linux32",
      "linux64", "osx", "osx64", "ppc64",  "ppc64le", "riscv64",    "s390x",   "unix",  "wasi",
      "wasm32",  "win", "win32", "win64",  "x86",     "x86_64",     "zos"};
  return names;
}

bool name_holds(std::string_view name, std::string_view subdir) {
  const std::size_t dash = subdir.find('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view system = subdir.substr(0, dash);
  const std::string_view machine = subdir.substr(dash + 1);
  if (name == "unix") return system == "linux" || system == "osx" || system == "emscripten" || system == "freebsd";
  if (name == "linux32") return subdir == "linux-32";
  if (name == "linux64") return subdir == "linux-64";
  if (name == "osx64") return subdir == "osx-64";
  if (name == "win32") return subdir == "win-32";
  if (name == "win64") return subdir == "win-64";
  if (name == "x86_64") return machine == "64";
  if (name == "x86") return machine == "32" || machine == "64";
  if (name == "arm") return system == "linux" && machine.substr(0, 3) == "arm";
  return name == system || name == machine;
}

struct Expression {
  enum class Kind { name, negation, conjunction, disjunction };
  Kind kind = Kind::name;
  std::string name;
  std::vector<Expression> operands;
};

bool holds(const Expression& expression, std::string_view subdir) {
  const auto operand_holds = [subdir](const Expression& operand) { return holds(operand, subdir); };
  const std::vector<Expression>& operands = expression.operands;
  switch (expression.kind) {
    case Expression::Kind::negation:
      return !holds(operands.front(), subdir);
    case Expression::Kind::conjunction:
      return std::all_of(operands.begin(), operands.end(), operand_holds);
    case Expression::Kind::disjunction:
      return std::any_of(operands.begin(), operands.end(), operand_holds);
    case Expression::Kind::name:
      break;
  }
  return name_holds(expression.name, subdir);
}

std::string format(const Expression& expression) {
  if (expression.kind == Expression::Kind::name) return expression.name;
  const auto operand_text = [&expression](const Expression& operand) {
    // `not` binds tightest, then `and`, then `or`.
    const bool looser = operand.kind > expression.kind;
    return looser ? "(" + format(operand) + ")" : format(operand);
  };
  if (expression.kind == Expression::Kind::negation) return "not " + operand_text(expression.operands.front());
  std::string out;
  for (const Expression& operand : expression.operands) {
    if (!out.empty()) out += expression.kind == Expression::Kind::conjunction ? " and " : " or ";
    out += operand_text(operand);
  }
  return out;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression parse() {
    if (text_.size() > kMaxLength) {
      fail(0, text_.size(), "is longer than " + std::to_string(kMaxLength) + " characters");
    }
    next();
    Expression expression = disjunction(0);
    if (!token_.empty()) fail(token_at_, token_.size(), "has `" + core::printable(token_) + "` where it should end");
    return expression;
  }

 private:
  static bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

  void next() {
    at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size());
    token_at_ = at_;
    if (at_ < text_.size() && is_word_character(text_[at_])) {
      while (at_ < text_.size() && is_word_character(text_[at_])) ++at_;
    } else if (at_ < text_.size()) {
      ++at_;
      while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0u) == 0x80u) ++at_;
    }
    token_ = text_.substr(token_at_, at_ - token_at_);
  }

  Expression disjunction(int depth) { return chain(Expression::Kind::disjunction, "or", depth); }

  Expression chain(Expression::Kind kind, std::string_view word, int depth) {
    const bool is_or = kind == Expression::Kind::disjunction;
    std::vector<Expression> operands;
    do {
      if (!operands.empty()) next();
      Expression operand = is_or ? chain(Expression::Kind::conjunction, "and", depth) : negation(depth);
      if (operand.kind == kind) {
        operands.insert(operands.end(), operand.operands.begin(), operand.operands.end());
      } else {
        operands.push_back(std::move(operand));
      }
    } while (token_ == word);
    if (operands.size() == 1) return std::move(operands.front());
    Expression expression;
    expression.kind = kind;
    expression.operands = std::move(operands);
    return expression;
  }

  Expression negation(int depth) {
    if (depth > kMaxDepth) fail(token_at_, token_.size(), "is nested too deeply");
    if (token_ != "not") return primary(depth);
    next();
    Expression operand = negation(depth + 1);
    if (operand.kind == Expression::Kind::negation) return std::move(operand.operands.front());
    Expression expression;
    expression.kind = Expression::Kind::negation;
    expression.operands.push_back(std::move(operand));
    return expression;
  }

  Expression primary(int depth) {
    if (token_ == "(") {
      const std::size_t open = token_at_;
      next();
      Expression inner = disjunction(depth + 1);
      if (token_ != ")") fail(open, 1, "has a `(` that is not closed");
      next();
      return inner;
    }
    if (token_.empty()) fail(text_.size(), 0, text_.empty() ? "is empty" : "ends where a platform name is expected");
    if (!is_word_character(token_.front()) || token_ == "and" || token_ == "or") {
      fail(token_at_, token_.size(), "has `" + core::printable(token_) + "` where a platform name is expected");
    }
    const auto& names = selector_names();
    if (!std::binary_search(names.begin(), names.end(), token_)) refuse_name();
    Expression name;
    name.name = std::string(token_);
    next();
    return name;
  }

  [[noreturn]] void refuse_name() {
    std::vector<std::string> hints;
    if (is_recipe_only_word(token_)) {
      hints = {"environment files know selectors of the platform only: " + core::join(selector_names(), ", ")};
    } else if (const auto meant = core::closest_match(token_, selector_names())) {
      hints = {"did you mean `" + *meant + "`?"};
    } else {
      hints = {"a selector is made of " + core::join(selector_names(), ", ") + ", with and, or, not and parentheses"};
    }
    throw core::Error({.code = "invalid-selector",
                       .what = "`" + core::printable(token_) + "` is not a platform that a selector knows",
                       .where = place_of(token_at_, token_.size()),
                       .why = {},
                       .hints = std::move(hints)});
  }

  [[noreturn]] void fail(std::size_t offset, std::size_t length, const std::string& how) {
    throw core::Error({.code = "invalid-selector",
                       .what = "the selector `" + core::printable(text_, 60) + "` " + how,
                       .where = place_of(offset, length),
                       .why = {},
                       .hints = {"write for example `# [linux and not aarch64]`"}});
  }

  core::SourceSpan place_of(std::size_t offset, std::size_t length) const {
    core::SourceSpan where;
    where.column = core::count_code_points(text_.substr(0, offset)) + 1;
    where.length = core::count_code_points(text_.substr(offset, length));
    return where;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t token_at_ = 0;
  std::string_view token_;
};

}  // namespace

std::string canonical_selector(std::string_view text) {
  return format(Parser(text).parse());
}

std::string both_selectors(const std::string& left, const std::string& right) {
  if (left.empty() || left == right) return right;
  if (right.empty()) return left;
  return canonical_selector("(" + left + ") and (" + right + ")");
}

std::vector<std::string> subdirs_where(const std::string& left, const std::string& right) {
  std::vector<std::string> found;
  for (const std::string& subdir : conda::known_subdirs()) {
    if (selector_holds(left, subdir) && selector_holds(right, subdir)) found.push_back(subdir);
  }
  return found;
}

bool can_hold_together(const std::string& left, const std::string& right) {
  return (left.empty() && right.empty()) || !subdirs_where(left, right).empty();
}

bool is_selector_word(std::string_view word) {
  const auto& names = selector_names();
  return word == "and" || word == "or" || word == "not" || std::binary_search(names.begin(), names.end(), word);
}

bool is_recipe_only_word(std::string_view word) {
  if (word == "np" || word == "build_platform" || word == "target_platform" || word == "python") return true;
  return word.substr(0, 2) == "py" && word.find_first_not_of("0123456789k", 2) == std::string_view::npos;
}

bool selector_holds(std::string_view selector, std::string_view subdir) {
  return selector.empty() || holds(Parser(selector).parse(), subdir);
}

}  // namespace envlock::spec
