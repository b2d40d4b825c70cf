#pragma once

#include <cstddef>
#include <vector>

#include "archive_layout.h"
#include "findings.h"
#include "ownership.h"

namespace envlock::verify {

struct BytecodeTally {
  std::size_t checked = 0;   ///< looked at
  std::size_t unproved = 0;  ///< would be used, and follow from their source as far as their header tells
};

/// Judges every pyc that no hash proves, and marks those that are nobody's business but python's as owned: what
/// remains unowned is a stranger. Reads headers, and sources where a header holds their hash.
BytecodeTally check_bytecode(const PrefixView& view, std::size_t threads, Ownership& ownership,
                             std::vector<Finding>& findings);

}  // namespace envlock::verify
