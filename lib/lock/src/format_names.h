#pragma once

#include <optional>
#include <string_view>

#include "envlock/conda/channel.h"

namespace envlock::lock {

/// The words of the lock's format.
inline constexpr std::string_view kFormatName = "envlock.lock";
inline constexpr std::string_view kSavedIndexName = "envlock-saved-index";
/// The first envlock that reads format version 1. A property of the format, not of the program that writes it: a newer
/// program writes the same bytes.
inline constexpr std::string_view kReadableSince = "0.1.0";

inline std::string_view name_of(conda::ChannelPriority priority) {
  switch (priority) {
    case conda::ChannelPriority::strict:
      return "strict";
    case conda::ChannelPriority::flexible:
      return "flexible";
    case conda::ChannelPriority::disabled:
      return "disabled";
  }
  return "strict";
}

inline std::optional<conda::ChannelPriority> parse_priority(std::string_view name) {
  for (const auto each :
       {conda::ChannelPriority::strict, conda::ChannelPriority::flexible, conda::ChannelPriority::disabled}) {
    if (name_of(each) == name) return each;
  }
  return std::nullopt;
}

}  // namespace envlock::lock
