// How the probe's documents read what they have in common. All throw Error "probe-run-malformed" when a value is of
// another kind than wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/run_document.h"
#include "envlock/probe/tier_run.h"
#include "json_node.h"

namespace envlock::probe {

/// The whole text as a tree of bounded size. Throws also where it is no JSON, with the line.
JsonValue read_document_tree(std::string_view text, std::string_view file);
[[noreturn]] void throw_malformed(std::string what, std::optional<core::SourceSpan> where, std::string hint);

/// Members `format` and `version` of a document.
/// Throws: Error "probe-run-malformed" when it is of another format, "probe-run-version".
void check_format(const JsonNode& root, std::string_view file, std::string_view format, int version);
/// Member `spec`. Throws: Error "probe-run-spec".
void check_spec(const JsonNode& root, std::string_view file, std::string_view spec);

/// A name enters a digest between line ends, and messages: it is one word of visible ASCII.
const std::string& read_name(const JsonNode& node);
Place read_place(const JsonNode& node);
/// The bits of {"bits": ..., "hex": ...}, which must mean the same.
std::uint32_t read_float(const JsonNode& node);
double read_double(const JsonNode& node);
std::vector<int> read_integers(const JsonNode& node, std::int64_t least);
std::vector<core::Sha256> read_digests(const JsonNode& node);
Mismatch read_mismatch(const JsonNode& node);
std::vector<std::vector<std::string>> read_fp_settings(const JsonNode& node);
std::vector<Canary> read_canaries(const JsonNode& node);
std::vector<std::pair<std::string, std::string>> read_texts(const JsonNode& node);
SumOrder read_order(const JsonNode& node);
/// No name twice; at least one.
std::vector<OpInfo> read_ops(const JsonNode& node);
/// Step `number` of a part, with a digest for each op.
StepRecord read_step(const JsonNode& node, int number, const std::vector<OpInfo>& infos);

}  // namespace envlock::probe
