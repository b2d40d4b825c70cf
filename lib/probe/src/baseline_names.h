// What the baseline's writer and reader share.
#pragma once

#include <string>
#include <string_view>

#include "envlock/probe/baseline.h"

namespace envlock::probe {

inline constexpr std::string_view kBaselineFormat = "envlock-baseline";
inline constexpr int kBaselineVersion = 1;
/// Classes lie in so many lists, by a digest of what they are: git then finds the lines of two new classes in two
/// places, and merges them.
inline constexpr int kBaselineLists = 64;

/// "00" to "63": the list of a class.
std::string list_of(const HardwareClass& hardware);
std::string list_name(int number);

/// The digest of a class, over its canonical text.
core::Sha256 seal_of(const AcceptedClass& accepted);

}  // namespace envlock::probe
