#pragma once

#include <string_view>

#include "envlock/prefix/wheel.h"

namespace envlock::prefix {

/// Sets what a direct_url.json says (PEP 610). A text that is none changes nothing.
void read_direct_url(std::string_view text, Distribution& distribution);

}  // namespace envlock::prefix
