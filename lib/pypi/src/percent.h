#pragma once

#include <string>
#include <string_view>

namespace envlock::pypi {

/// "a%2Bb" is "a+b". What is no escape stays.
std::string undo_percent(std::string_view text);
/// For a part of a URL's path or its user: all but what RFC 3986 leaves free becomes "%XX".
std::string do_percent(std::string_view text);

}  // namespace envlock::pypi
