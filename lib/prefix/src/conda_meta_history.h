#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock::prefix {

/// Why a text is no history that conda reads, in a few words; absent when it is one. An empty text is one.
std::optional<std::string> history_fault(std::string_view history);

}  // namespace envlock::prefix
