#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envlock::lock {

/// A basic string of TOML 1.0 with its quotes.
std::string toml_string(std::string_view text);
/// An array of strings on one line.
std::string toml_array(const std::vector<std::string>& texts);

}  // namespace envlock::lock
