#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/digest.h"

namespace envlock::prefix {

/// Bytes taken out of a text, and what comes in their place (a view that outlives the edit).
struct Edit {
  std::size_t offset = 0;
  std::size_t removed = 0;
  std::string_view inserted;
};
/// Order: by offset, without overlap.
using Edits = std::vector<Edit>;

std::string apply_edits(std::string_view text, const Edits& edits);
/// The hash of what apply_edits would give, without making it.
core::Sha256 hash_edited(std::string_view text, const Edits& edits);
/// The length of what apply_edits would give.
std::size_t size_edited(std::string_view text, const Edits& edits);

}  // namespace envlock::prefix
