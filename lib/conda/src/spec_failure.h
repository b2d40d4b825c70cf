#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::conda {

/// Thrown inside this room only: a mistake at a byte offset of the text being read. Each public function catches it and
/// throws a core::Error about the whole text that it was given.
struct SpecFailure {
  std::size_t offset = 0;
  std::size_t length = 1;
  std::string why;
  std::vector<std::string> hints;
};

[[noreturn]] inline void fail_at(std::size_t offset, std::size_t length, std::string why,
                                 std::vector<std::string> hints = {}) {
  throw SpecFailure{offset, length, std::move(why), std::move(hints)};
}

/// "`TEXT` is not a KIND" with the place, reason and hints of the failure.
core::Diagnostic diagnostic_of(const SpecFailure& failure, std::string code, std::string_view kind,
                               std::string_view text);

/// The longest text that is read at all: real specs have under 1,000 bytes.
inline constexpr std::size_t kMaxSpecLength = 16384;
/// Throws: SpecFailure when the text is too long, holds a control character or is not UTF-8.
void check_plain_text(std::string_view text);

/// A URL or path without user names, passwords and tokens.
std::string without_credentials(std::string_view url);

}  // namespace envlock::conda
