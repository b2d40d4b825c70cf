#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "string_pattern.h"

namespace envlock::conda {

/// A condition on versions: clauses in prefix order, their words and texts in one place each, so that a condition needs
/// few pieces of memory. A join is followed by its terms.
struct VersionSpec::Node {
  enum class Kind : unsigned char {
    any,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    starts_with,
    not_starts_with,
    compatible,
    glob,
    regular_expression,
    all_of,
    any_of
  };
  /// A stretch of `words`: a version's main part and the local part behind it.
  struct Words {
    std::uint32_t first = 0;
    std::uint16_t main_size = 0;
    std::uint16_t local_size = 0;
    bool ends_in_number = false;
  };
  struct Clause {
    Kind kind = Kind::any;
    std::uint32_t size = 1;  ///< clauses in this subtree, itself counted
    Words version;
    Words stem;                       ///< of `~=`: the version without its last part; main_size 0: there is none
    std::uint32_t literal_first = 0;  ///< in `literals`: the version, glob or expression, lower case
    std::uint32_t literal_size = 0;
    std::uint32_t expression = 0;  ///< in `expressions`
  };

  std::vector<Clause> clauses;
  std::vector<std::uint32_t> words;
  std::string literals;
  std::vector<std::shared_ptr<const re2::RE2>> expressions;

  Kind kind() const { return clauses.front().kind; }
  std::string_view literal() const { return literal(clauses.front()); }
  std::string_view literal(const Clause& clause) const {
    return std::string_view(literals).substr(clause.literal_first, clause.literal_size);
  }
  bool matches(const Version& version) const;
};

/// As VersionSpec::parse for a part of a larger text that begins at `offset`; sets `leniency` when the text is not as
/// CEP 29 wants it, to what is odd. Throws: SpecFailure.
VersionSpec parse_version_spec(std::string_view text, std::size_t offset, const char*& leniency);
/// Null when it matches everything.
const VersionSpec::Node* root_of(const VersionSpec& spec);

}  // namespace envlock::conda
