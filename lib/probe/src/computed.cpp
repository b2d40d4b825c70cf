#include "envlock/probe/computed.h"

#include "document_reading.h"
#include "documents.h"

namespace envlock::probe {
namespace {

constexpr std::size_t kMostTiers = 64;

}  // namespace

void write(core::JsonWriter& json, const Computed& computed) {
  json.begin_object();
  json.key("reference");
  write_run(json, computed.reference);
  json.key("tiers");
  json.begin_array();
  for (const TierRun& run : computed.tiers) write_tier(json, run);
  json.end_array();
  json.end_object();
}

std::optional<Computed> read_computed(std::string_view document, std::string_view file) {
  const JsonValue tree = read_document_tree(document, file);
  const JsonNode root(tree, file);
  const auto node = root.find("probe");
  if (!node) return std::nullopt;
  Computed computed;
  const JsonNode reference = node->member("reference");
  computed.reference = read_run(reference, file);
  const JsonNode tiers = node->member("tiers");
  tiers.array();
  if (tiers.size() > kMostTiers) tiers.refuse("an array of at most 64 tiers");
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    const JsonNode tier = tiers.at(i);
    computed.tiers.push_back(read_tier(tier, file));
  }
  return computed;
}

}  // namespace envlock::probe
