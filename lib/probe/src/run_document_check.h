#pragma once

#include <cstdint>
#include <string_view>

#include "envlock/probe/run_document.h"

namespace envlock::probe {

/// How many elements a tensor of that shape has.
std::uint64_t element_count(const OpInfo& op);

/// Whether the document can be believed: computes every root, chain and finding again from what lies below it.
/// Throws: Error "probe-run-malformed" when it names what it does not hold, "probe-run-edited" when a digest or a
/// finding does not follow from the rest.
void check_run_document(const RunDocument& document, std::string_view file);

}  // namespace envlock::probe
