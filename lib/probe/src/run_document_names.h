// Words of the run document that both its writer and its reader use.
#pragma once

#include <optional>
#include <string_view>

#include "envlock/probe/run_document.h"

namespace envlock::probe {

inline constexpr std::string_view kRunFormat = "envlock-probe-run";
inline constexpr int kRunVersion = 1;
inline constexpr std::size_t kWordsPerLine = 8;  ///< of a dump

std::optional<Verdict> parse_verdict(std::string_view text);
std::optional<Repeat::Wrong> parse_wrong(std::string_view text);

}  // namespace envlock::probe
