#pragma once

#include <string>
#include <string_view>

namespace envlock::lock {

/// A string as a YAML scalar that every reader, of YAML 1.1 or 1.2, takes for that string: plain where nothing can be
/// mistaken, else in quotes.
std::string yaml_scalar(std::string_view text);

}  // namespace envlock::lock
