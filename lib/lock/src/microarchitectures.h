#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envlock::lock {

/// A microarchitecture as archspec names it, and all that its machines can stand in for: "zen" gives "zen",
/// "x86_64_v3", "x86_64_v2", "x86_64". One that is not known stands for itself alone.
/// Order: itself, then breadth first.
std::vector<std::string> microarchitecture_and_ancestors(std::string_view name);

/// True when a machine of microarchitecture `have` runs what was built for `wanted`.
bool can_run(std::string_view have, std::string_view wanted);

}  // namespace envlock::lock
