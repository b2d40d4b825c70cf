#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "envlock/diff/diff.h"

namespace envlock::diff {

/// Which of two versions is the later: conda's order; text that is no version by its bytes.
std::weak_ordering compare_versions(const std::string& left, const std::string& right);

/// The first part of two versions whose number differs: the epoch or first number is `major`, then `minor`, `patch`.
/// Anything else that differs, a local version too, is `other`.
Distance distance_between(std::string_view left, std::string_view right);

}  // namespace envlock::diff
