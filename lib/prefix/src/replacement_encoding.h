#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::prefix {

/// What is looked for and what comes in its place, as one encoding writes them.
struct EncodedPair {
  std::string from;
  std::string to;
  std::size_t unit = 1;  ///< bytes of a code unit, and so of the NUL that ends a run
};

/// In UTF-8, UTF-16-LE, UTF-16-BE, UTF-32-LE and UTF-32-BE, in this order; UTF-8 alone when one of the texts is not
/// valid UTF-8. Empty when `from` is.
std::vector<EncodedPair> encode_all(std::string_view from, std::string_view to);
/// `text` in the encoding that stands at that place of encode_all's result.
std::string encode(std::string_view text, std::size_t encoding);

/// The first place of `needle` at or after `from`; npos when there is none. An empty needle is nowhere.
std::size_t position_of(std::string_view text, std::string_view needle, std::size_t from = 0);
/// Occurrences that do not overlap, counted from the left.
std::size_t count_of(std::string_view text, std::string_view needle);
/// Every occurrence replaced, from the left.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

}  // namespace envlock::prefix
