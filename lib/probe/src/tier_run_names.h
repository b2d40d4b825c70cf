// Words of the tier's document that both its writer and its reader use.
#pragma once

#include <string_view>

namespace envlock::probe {

inline constexpr std::string_view kTierFormat = "envlock-probe-tier";
inline constexpr int kTierVersion = 1;

}  // namespace envlock::probe
