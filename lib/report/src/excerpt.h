#pragma once

#include <string>

#include "envlock/core/diagnostic.h"

namespace envlock::report {

/// A line of source made ready to be shown in `width` columns: tabs expanded, controls escaped, secrets masked, a long
/// line cut around its mark.
struct Excerpt {
  std::string line;
  int mark_column = 0;  ///< terminal columns before the mark
  int mark_width = 0;   ///< 0: no mark
};

Excerpt make_excerpt(const core::SourceSpan& span, int width);

}  // namespace envlock::report
