#pragma once

#include <string_view>

namespace envlock::probe {

/// Files of the source tree that the program carries within itself.
std::string_view embedded_corpus();
/// The golden file of a size; empty when there is none.
std::string_view embedded_golden(std::string_view size);

}  // namespace envlock::probe
