#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "source.h"

namespace envlock::spec {

/// The text after "#" of a comment, as a view into the source.
struct LineComment {
  std::size_t offset = 0;  ///< of the text, after the "#"
  std::string_view text;
};

/// The comment that ends the line on which `offset` lies, looking from `offset` on: what stands there must not be the
/// middle of a quoted text.
std::optional<LineComment> comment_after(const Source& source, std::size_t offset);

/// What a comment's brackets mean.
struct Brackets {
  enum class Kind {
    none,       ///< no brackets that anybody reads
    selector,   ///< `[expression]` right after the "#": must be an expression
    words,      ///< brackets right after the "#" that hold prose, `[see below]`
    elsewhere,  ///< brackets later in the comment, which conda-lock reads and CEP 24 does not
  };
  Kind kind = Kind::none;
  std::size_t offset = 0;       ///< of `expression` in the source
  std::string_view expression;  ///< between the brackets
};
Brackets brackets_of(const LineComment& comment);

/// The condition that conda-lock 4 finds in a comment; absent: it keeps the line on every platform.
/// Source: conda_lock/src_parser/selectors.py, whose pattern is `(.+?)\s*(#.*)\[([^\[\]]+)\](?(2)[^\(\)]*)$`.
std::optional<std::string_view> conda_lock_condition(std::string_view comment);
/// True for the ten names that conda-lock knows; a line with any other condition it drops on every platform.
bool conda_lock_knows(std::string_view condition);

}  // namespace envlock::spec
