#pragma once

#include <string_view>

#include "envlock/conda/match_spec.h"

namespace envlock::spec {

/// True only when it is certain that no version whatever meets both: a plain comma list of comparisons and `=`/`.*`
/// clauses on each side, with a pair that excludes each other. False says nothing.
bool exclude_each_other(const conda::VersionSpec& left, const conda::VersionSpec& right);

}  // namespace envlock::spec
