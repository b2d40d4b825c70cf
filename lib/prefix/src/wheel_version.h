#pragma once

#include <string>
#include <string_view>

namespace envlock::prefix {

/// True when PEP 440 holds both texts for one version: "1.0" and "1.0.0", "1.0-1" and "1.0.post1", "1.0RC1" and
/// "1.0c1". Texts that are no versions are compared as they are.
bool is_same_version(std::string_view left, std::string_view right);

}  // namespace envlock::prefix
