// The probe's documents as parts of another one.
#pragma once

#include <string_view>

#include "envlock/core/json_writer.h"
#include "envlock/probe/run_document.h"
#include "envlock/probe/tier_run.h"
#include "json_node.h"

namespace envlock::probe {

void write_run(core::JsonWriter& json, const RunDocument& document);
void write_tier(core::JsonWriter& json, const TierRun& run);

/// Throw as parse_run_document and parse_tier_run.
RunDocument read_run(const JsonNode& node, std::string_view file);
TierRun read_tier(const JsonNode& node, std::string_view file);

}  // namespace envlock::probe
