#pragma once

#include <optional>
#include <string_view>

#include "envlock/core/diagnostic.h"

namespace envlock::spec {

/// What is wrong with a name under `platforms`, without a place; absent for a known subdir and for what can be the name
/// of a profile.
std::optional<core::Diagnostic> check_platform_name(std::string_view name);

}  // namespace envlock::spec
