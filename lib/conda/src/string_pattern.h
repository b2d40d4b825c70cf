#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "envlock/conda/match_spec.h"

namespace re2 {
class RE2;
}

namespace envlock::conda {

/// True when `text` matches `glob`, where "*" stands for any text; ASCII case does not matter. `glob` is lower case.
bool glob_matches(std::string_view glob, std::string_view text);
bool equal_ignoring_case(std::string_view lower, std::string_view text);
bool is_regular_expression(std::string_view text);

/// What a StringSpec does: chosen once, when it is parsed.
struct StringSpec::Pattern {
  enum class Kind { glob, regular_expression, compare };
  enum class Comparison { equal, not_equal, less, less_equal, greater, greater_equal };
  Kind kind = Kind::glob;
  Comparison comparison = Comparison::equal;
  std::string digits;  ///< of a comparison: a decimal number without leading zeros
  std::shared_ptr<const re2::RE2> expression;
};

/// Compiles "^...$". Throws: SpecFailure, when RE2 refuses it.
std::shared_ptr<const re2::RE2> compile(std::string_view expression);
bool search(const re2::RE2& expression, std::string_view text);

}  // namespace envlock::conda
