#pragma once

#include <string>
#include <vector>

#include "envlock/core/json_writer.h"
#include "envlock/diff/diff.h"

namespace envlock::report {

/// "the BLAS of `numpy` parts at step 0, `fwd.0.attn.qkv` (forward pass, layer 0)".
std::string headline_of(const diff::TierDifference& difference);
/// What is known of it besides: digests, orders of sums, and what else differs.
std::vector<std::string> lines_of(const diff::TierDifference& difference);
/// "2 other parts of the probe compute the same"; "" where there are none.
std::string equal_tiers_words(const diff::Diff& diff);

/// The member `computed` of a difference: docs/formats/json.md.
void write_computed(core::JsonWriter& json, const diff::Diff& diff);

}  // namespace envlock::report
