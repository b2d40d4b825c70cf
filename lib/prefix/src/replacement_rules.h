#pragma once

#include <string>
#include <string_view>

#include "envlock/prefix/replacement.h"

namespace envlock::prefix {

/// What replacing needs to know besides the bytes.
struct PrefixChange {
  std::string_view placeholder;
  std::string_view prefix;
};

std::string replace_text(std::string_view original, const PrefixChange& change, Dialect dialect);
/// Throws: core::Error "prefix-too-long".
std::string replace_binary(std::string_view original, const PrefixChange& change, Dialect dialect);
/// The conda dialect, in place: a binary keeps its length.
void replace_binary_as_conda(char* bytes, std::size_t size, const PrefixChange& change);

}  // namespace envlock::prefix
