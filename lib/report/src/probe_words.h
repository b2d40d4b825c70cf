// Words about runs of the probe that the text, the JSON and the page share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "envlock/probe/compare.h"
#include "envlock/probe/run_document.h"

namespace envlock::report {

/// "step 7", "the initial state".
std::string step_words(int step);
/// "the initial state and steps 0–6"; empty before the initial state.
std::string steps_before_words(int step);
/// "forward pass, layer 1"; empty for a name that the page does not know.
std::string pass_words(const std::string& op);
/// "[0,3,5]".
std::string index_words(const std::vector<int>& index);
/// "1, 2 and 5": the first few, then how many more.
std::string list_words(const std::vector<std::string>& items, std::size_t most = 8);
/// "threads 0–3 and 7".
std::string numbers_words(const std::vector<std::uint64_t>& numbers, std::size_t most_ranges = 8);
/// "cpu: AMD EPYC, avx512, 2 threads": what ran it, as far as the document says.
std::string machine_words(const probe::RunDocument& document);
/// The verdict as a sentence without a period.
std::string verdict_words(const probe::RunDocument& document);
/// "12.3 ms", "4.56 s".
std::string seconds_words(double seconds);

/// The tensors of a part that were computed before a place: how many digests.
std::uint64_t digests_before(const probe::RunDocument& document, const probe::Place& place);
/// The tensor of a place; null when the document has none of that name.
const probe::OpInfo* find_op(const probe::RunDocument& document, const probe::Place& place);
const probe::PartRecord* find_part(const probe::RunDocument& document, const std::string& name);
/// The first and the last element of a chunk.
std::pair<std::uint64_t, std::uint64_t> chunk_range(const probe::OpInfo& op, std::size_t chunk);
/// The runs that differ from the first group in what both hold, when more than half of all do not.
std::vector<std::size_t> odd_runs(std::size_t runs, const probe::RunGroups& groups);
/// "elements 3,072–4,095" of each run of neighbouring chunks.
std::string chunks_words(const probe::OpInfo& op, const std::vector<std::size_t>& chunks);

}  // namespace envlock::report
