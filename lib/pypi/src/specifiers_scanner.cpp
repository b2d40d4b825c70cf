#include "specifiers_scanner.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ascii.h"
#include "envlock/core/text.h"
#include "version_scanner.h"

namespace envlock::pypi {
namespace {

constexpr std::array<std::pair<std::string_view, Operator>, 8> kOperators{{{"===", Operator::arbitrary},
                                                                           {"==", Operator::equal},
                                                                           {"~=", Operator::compatible},
                                                                           {"!=", Operator::not_equal},
                                                                           {"<=", Operator::less_equal},
                                                                           {">=", Operator::greater_equal},
                                                                           {"<", Operator::less},
                                                                           {">", Operator::greater}}};

/// Exact ones first, then bounds from below and above, then exclusions.
int rank(const Clause& clause) {
  static constexpr std::array<Operator, 8> kOrder{Operator::arbitrary,     Operator::equal,    Operator::compatible,
                                                  Operator::greater_equal, Operator::greater,  Operator::less,
                                                  Operator::less_equal,    Operator::not_equal};
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), clause.op) - kOrder.begin());
}

bool comes_before(const Clause& left, const Clause& right) {
  if (rank(left) != rank(right)) return rank(left) < rank(right);
  if (const auto order = left.version <=> right.version; order != 0) return order < 0;
  return left.format() < right.format();
}

bool is_equality(Operator op) {
  return op == Operator::equal || op == Operator::not_equal;
}

class SpecifiersScanner {
 public:
  SpecifiersScanner(std::string_view text, std::vector<Clause>& clauses) : text_(text), clauses_(clauses) {}

  std::optional<Problem> scan() {
    skip_spaces();
    const bool parenthesized = at_ < text_.size() && text_[at_] == '(';
    if (parenthesized) ++at_;
    if (auto problem = clauses(parenthesized)) return problem;
    if (parenthesized) {
      if (at_ == text_.size()) return Problem{at_, "the `(` before the clauses has no `)`"};
      ++at_;
      skip_spaces();
    }
    if (at_ != text_.size()) return Problem{at_, "want `,` between clauses"};
    return std::nullopt;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && ascii::is_space(text_[at_])) ++at_;
  }
  bool at_end(bool parenthesized) const { return at_ == text_.size() || (parenthesized && text_[at_] == ')'); }

  std::optional<Problem> clauses(bool parenthesized) {
    skip_spaces();
    while (!at_end(parenthesized)) {
      if (auto problem = clause()) return problem;
      skip_spaces();
      if (at_ == text_.size() || text_[at_] != ',') break;
      ++at_;
      skip_spaces();
    }
    if (!at_end(parenthesized)) return Problem{at_, "want `,` between clauses"};
    return std::nullopt;
  }

  std::optional<Problem> clause() {
    Clause& clause = clauses_.emplace_back();
    const auto* op = std::find_if(kOperators.begin(), kOperators.end(),
                                  [&](const auto& pair) { return text_.substr(at_).starts_with(pair.first); });
    if (op == kOperators.end()) {
      return Problem{at_, "want one of `==`, `!=`, `<=`, `>=`, `<`, `>`, `~=` and `===` before a version"};
    }
    clause.op = op->second;
    at_ += op->first.size();
    skip_spaces();
    return clause.op == Operator::arbitrary ? arbitrary(clause) : version(clause);
  }

  std::optional<Problem> arbitrary(Clause& clause) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !ascii::is_space(text_[at_]) &&
           std::string_view(",;)").find(text_[at_]) == std::string_view::npos)
      ++at_;
    if (at_ == begin) return Problem{at_, "behind `===` stands a text"};
    clause.arbitrary = core::to_lower(text_.substr(begin, at_ - begin));
    clause.version = Version::try_parse(clause.arbitrary).value_or(Version());
    return std::nullopt;
  }

  std::optional<Problem> version(Clause& clause) {
    const std::size_t begin = at_;
    VersionScanner scanner(text_, at_);
    if (!scanner.scan(clause.version)) return Problem{scanner.at(), scanner.reason()};
    at_ = scanner.at();
    if (text_.substr(at_).starts_with(".*")) {
      if (!is_equality(clause.op)) return Problem{at_, "`.*` stands only behind `==` and `!=`"};
      if (clause.version.format() != clause.version.format_base()) {
        return Problem{at_, "`.*` stands only behind the first numbers of a version"};
      }
      clause.wildcard = true;
      at_ += 2;
    }
    if (clause.version.has_local() && !is_equality(clause.op)) {
      return Problem{text_.find('+', begin), "a local label (`+`) stands only behind `==` and `!=`"};
    }
    if (clause.op == Operator::compatible && clause.version.release().size() < 2) {
      return Problem{begin, "behind `~=` stands a version with two numbers at least"};
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::vector<Clause>& clauses_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Problem> scan_specifiers(std::string_view text, Specifiers& specifiers) {
  std::vector<Clause>& clauses = SpecifiersAccess::clauses(specifiers);
  clauses.clear();
  if (auto problem = SpecifiersScanner(text, clauses).scan()) return problem;
  std::sort(clauses.begin(), clauses.end(), comes_before);
  const auto is_same = [](const Clause& left, const Clause& right) { return left.format() == right.format(); };
  clauses.erase(std::unique(clauses.begin(), clauses.end(), is_same), clauses.end());
  return std::nullopt;
}

std::string Clause::format() const {
  const auto* pair =
      std::find_if(kOperators.begin(), kOperators.end(), [&](const auto& known) { return known.second == op; });
  std::string text(pair->first);
  text += op == Operator::arbitrary ? arbitrary : version.format();
  if (wildcard) text += ".*";
  return text;
}

}  // namespace envlock::pypi
