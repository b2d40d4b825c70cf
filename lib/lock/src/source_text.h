#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "envlock/core/diagnostic.h"

namespace envlock::lock {

/// The place of bytes [begin, end) of a file, as messages show it. Text of a very long line is left out.
core::SourceSpan span_of(std::string_view source, const std::string& file, std::size_t begin, std::size_t end);

/// The place of a whole line, or of a column of it, both 1-based; column 0 is the whole line.
core::SourceSpan span_of_line(std::string_view source, const std::string& file, int line, int column = 0);

}  // namespace envlock::lock
