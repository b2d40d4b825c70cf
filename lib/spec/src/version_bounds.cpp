#include "version_bounds.h"

#include "envlock/conda/version.h"
#include "envlock/core/text.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace envlock::spec {
namespace {

// One clause in a form whose set of versions is known without doubt.
struct Clause {
  enum class Kind { exactly, prefix, at_least, above, at_most, below };
  Kind kind = Kind::exactly;
  conda::Version version;
  std::vector<int> numbers;  ///< of the version when it is digits and dots alone; always there for a prefix
};

std::optional<std::vector<int>> plain_numbers(std::string_view text) {
  std::vector<int> numbers;
  for (const std::string_view part : core::split(text, '.')) {
    if (part.empty() || part.size() > 8 || part.find_first_not_of("0123456789") != std::string_view::npos) {
      return std::nullopt;
    }
    numbers.push_back(std::stoi(std::string(part)));
  }
  return numbers;
}

std::optional<Clause> parse_clause(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("=<>!~"), text.size());
  const std::string_view relation = text.substr(0, end);
  std::string_view literal = text.substr(end);
  Clause clause;
  if (literal.size() > 2 && literal.substr(literal.size() - 2) == ".*" && (relation.empty() || relation == "=")) {
    literal.remove_suffix(2);
    clause.kind = Clause::Kind::prefix;
  } else if (relation == "=") {
    clause.kind = Clause::Kind::prefix;
  } else if (relation.empty() || relation == "==") {
    clause.kind = Clause::Kind::exactly;
  } else if (relation == ">=") {
    clause.kind = Clause::Kind::at_least;
  } else if (relation == ">") {
    clause.kind = Clause::Kind::above;
  } else if (relation == "<=") {
    clause.kind = Clause::Kind::at_most;
  } else if (relation == "<") {
    clause.kind = Clause::Kind::below;
  } else {
    return std::nullopt;
  }
  const auto version = conda::Version::try_parse(literal);
  const auto numbers = plain_numbers(literal);
  if (!version || (clause.kind == Clause::Kind::prefix && !numbers)) return std::nullopt;
  clause.version = *version;
  if (numbers) clause.numbers = *numbers;
  return clause;
}

std::vector<Clause> clauses_of(std::string_view text) {
  std::vector<Clause> clauses;
  if (text.find_first_of("|()^$") != std::string_view::npos || text.size() > 1000) return clauses;
  for (const std::string_view part : core::split(text, ',')) {
    const std::string_view trimmed = core::trim(part);
    if (trimmed.substr(0, 2) == "~=") {
      // ~=1.4.2 is >=1.4.2 and =1.4; the first half is enough to exclude with.
      if (auto clause = parse_clause(">=" + std::string(trimmed.substr(2)))) clauses.push_back(std::move(*clause));
    } else if (auto clause = parse_clause(trimmed)) {
      clauses.push_back(std::move(*clause));
    }
  }
  return clauses;
}

int number_at(const std::vector<int>& numbers, std::size_t index) {
  return index < numbers.size() ? numbers[index] : 0;
}

// Compares the first `length` numbers, missing ones being 0.
int compare_numbers(const std::vector<int>& left, const std::vector<int>& right, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    if (number_at(left, i) != number_at(right, i)) return number_at(left, i) < number_at(right, i) ? -1 : 1;
  }
  return 0;
}

bool is_upper(Clause::Kind kind) {
  return kind == Clause::Kind::at_most || kind == Clause::Kind::below;
}
bool is_lower(Clause::Kind kind) {
  return kind == Clause::Kind::at_least || kind == Clause::Kind::above;
}

// `prefix` is 3.10.*: everything in it, 3.10rc1 as well as 3.10.99, has 3 and 10 as its first two numbers, so a version
// that differs in one of these lies wholly before or behind it.
bool prefix_excludes(const Clause& prefix, const Clause& other) {
  if (other.numbers.empty()) return false;
  if (other.kind == Clause::Kind::prefix) {
    const std::size_t common = std::min(prefix.numbers.size(), other.numbers.size());
    return compare_numbers(prefix.numbers, other.numbers, common) != 0;
  }
  const int order = compare_numbers(prefix.numbers, other.numbers, prefix.numbers.size());
  if (other.kind == Clause::Kind::exactly) return order != 0;
  return is_lower(other.kind) ? order < 0 : order > 0;
}

bool clauses_exclude(const Clause& left, const Clause& right) {
  using Kind = Clause::Kind;
  if (left.kind == Kind::prefix) return prefix_excludes(left, right);
  if (right.kind == Kind::prefix) return prefix_excludes(right, left);
  if (left.kind == Kind::exactly && right.kind == Kind::exactly) return left.version != right.version;
  const bool left_is_low = is_lower(left.kind) || left.kind == Kind::exactly;
  const bool right_is_high = is_upper(right.kind) || right.kind == Kind::exactly;
  const bool left_is_strict = left.kind == Kind::above;
  const bool right_is_strict = right.kind == Kind::below;
  if (!left_is_low || !right_is_high) return false;
  return left_is_strict || right_is_strict ? right.version <= left.version : right.version < left.version;
}

}  // namespace

bool exclude_each_other(const conda::VersionSpec& left, const conda::VersionSpec& right) {
  const std::vector<Clause> lefts = clauses_of(left.text());
  const std::vector<Clause> rights = clauses_of(right.text());
  for (const Clause& one : lefts) {
    for (const Clause& other : rights) {
      if (clauses_exclude(one, other) || clauses_exclude(other, one)) return true;
    }
  }
  return false;
}

}  // namespace envlock::spec
