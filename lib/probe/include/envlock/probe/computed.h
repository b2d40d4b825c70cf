#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "envlock/probe/run_document.h"
#include "envlock/probe/tier_run.h"

namespace envlock::core {
class JsonWriter;
}

namespace envlock::probe {

/// What a machine and an environment on it compute.
struct Computed {
  RunDocument reference;
  std::vector<TierRun> tiers;  ///< in the order in which they were run

  bool operator==(const Computed&) const = default;
};

/// An object of a document: `reference` and `tiers`, each as its own document would have it.
void write(core::JsonWriter& json, const Computed& computed);
/// The member `probe` of a document, which is such an object; absent when it has none. All digests are computed again.
/// Throws: core::Error, as parse_run_document and parse_tier_run.
std::optional<Computed> read_computed(std::string_view document, std::string_view file);

}  // namespace envlock::probe
