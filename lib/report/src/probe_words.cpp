#include "probe_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "envlock/core/text.h"
#include "envlock/probe/digest_tree.h"
#include "envlock/report/units.h"

namespace envlock::report {
namespace {

constexpr std::uint64_t kChunkElements = probe::kChunkBytes / 4;

struct PassName {
  std::string_view prefix;
  std::string_view words;
};
constexpr PassName kPasses[] = {
    {"init.", "an initial parameter"},
    {"data.", "the batch"},
    {"lane.", "the underflow lanes"},
    {"fwd.", "forward pass"},
    {"loss", "loss"},
    {"bwd.", "backward pass"},
    {"grad.", "gradient of"},
    {"opt.m.", "optimiser, first moment of"},
    {"opt.v.", "optimiser, second moment of"},
    {"opt.", "optimiser, clipping"},
    {"param.", "parameter after the step,"},
};

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string step_words(int step) {
  return step < 0 ? "the initial state" : "step " + std::to_string(step);
}

std::string steps_before_words(int step) {
  if (step < 0) return {};
  if (step == 0) return "the initial state";
  if (step == 1) return "the initial state and step 0";
  return "the initial state and steps 0–" + std::to_string(step - 1);
}

std::string pass_words(const std::string& op) {
  for (const PassName& pass : kPasses) {
    if (!op.starts_with(pass.prefix)) continue;
    const std::string rest = op.substr(pass.prefix.size());
    const std::string first = rest.substr(0, rest.find('.'));
    const std::string words(pass.words);
    const bool of_a_tensor = words.ends_with(" of") || words.ends_with(",");
    if (is_number(first)) {
      return of_a_tensor ? words + " `" + rest.substr(first.size() + 1) + "` in layer " + first
                         : words + ", layer " + first;
    }
    return of_a_tensor ? words + " `" + rest + "`" : words;
  }
  return {};
}

std::string index_words(const std::vector<int>& index) {
  std::string text = "[";
  for (std::size_t i = 0; i < index.size(); ++i) text += (i > 0 ? "," : "") + std::to_string(index[i]);
  return text + "]";
}

std::string list_words(const std::vector<std::string>& items, std::size_t most) {
  std::string text;
  const std::size_t shown = std::min(items.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == items.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + items[i];
  }
  if (items.size() > shown) text += " and " + format_count(items.size() - shown) + " more";
  return text;
}

std::string numbers_words(const std::vector<std::uint64_t>& numbers, std::size_t most_ranges) {
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    ranges.push_back(std::to_string(numbers[i]) + (end - i > 1 ? "–" + std::to_string(numbers[end - 1]) : ""));
    i = end;
  }
  return list_words(ranges, most_ranges);
}

std::string machine_words(const probe::RunDocument& document) {
  const probe::Facts& facts = document.facts;
  std::vector<std::string> words;
  if (!facts.device_name.empty()) words.push_back(facts.device_name);
  for (const auto& [name, value] : facts.details) {
    if (name == "isa") words.push_back(value);
  }
  if (facts.threads > 0) words.push_back(count_of(static_cast<std::size_t>(facts.threads), "thread"));
  return (facts.device.empty() ? "" : facts.device + ": ") + core::join(words, ", ");
}

std::string verdict_words(const probe::RunDocument& document) {
  using probe::Verdict;
  switch (document.verdict) {
    case Verdict::as_specified:
      return document.golden_compared > 0 ? "as specified: all digests are those that " + document.spec + " gives"
                                          : "nothing amiss, but nothing to hold it against: " + document.spec +
                                                " lists no digests of size `" + document.size + "`";
    case Verdict::fp_environment:
      return "floating-point environment: the arithmetic is right, but something here changes the floating-point "
             "unit's settings";
    case Verdict::miscomputed:
      return "miscomputed: the digests are wrong, and settings of the floating-point unit do not explain it";
    case Verdict::unstable:
      return "unstable: the same computation gave different digests";
  }
  return {};
}

std::string seconds_words(double seconds) {
  return seconds < 0.1 ? fmt::format("{:.1f} ms", seconds * 1000) : fmt::format("{:.2f} s", seconds);
}

std::uint64_t digests_before(const probe::RunDocument& document, const probe::Place& place) {
  const std::vector<probe::OpInfo>& ops = document.ops_of(place.step);
  const auto found = std::find_if(ops.begin(), ops.end(), [&](const auto& op) { return op.name == place.op; });
  const auto index = static_cast<std::uint64_t>(found - ops.begin());
  if (place.step < 0) return index;
  return document.initial_ops.size() + static_cast<std::uint64_t>(place.step) * document.step_ops.size() + index;
}

const probe::OpInfo* find_op(const probe::RunDocument& document, const probe::Place& place) {
  for (const probe::OpInfo& op : document.ops_of(place.step)) {
    if (op.name == place.op) return &op;
  }
  return nullptr;
}

const probe::PartRecord* find_part(const probe::RunDocument& document, const std::string& name) {
  for (const probe::PartRecord& part : document.parts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

std::pair<std::uint64_t, std::uint64_t> chunk_range(const probe::OpInfo& op, std::size_t chunk) {
  std::uint64_t count = 1;
  for (const int dimension : op.shape) count *= static_cast<std::uint64_t>(dimension);
  const std::uint64_t first = chunk * kChunkElements;
  return {first, std::min(first + kChunkElements, count) - 1};
}

std::vector<std::size_t> odd_runs(std::size_t runs, const probe::RunGroups& groups) {
  std::vector<std::size_t> odd;
  for (std::size_t i = 1; i < groups.groups.size(); ++i) {
    if (groups.against_first[i - 1].equal()) continue;  // only shorter
    odd.insert(odd.end(), groups.groups[i].begin(), groups.groups[i].end());
  }
  if (2 * odd.size() >= runs) return {};
  std::sort(odd.begin(), odd.end());
  return odd;
}

std::string chunks_words(const probe::OpInfo& op, const std::vector<std::size_t>& chunks) {
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < chunks.size();) {
    std::size_t end = i + 1;
    while (end < chunks.size() && chunks[end] == chunks[end - 1] + 1) ++end;
    ranges.push_back(format_count(chunk_range(op, chunks[i]).first) + "–" +
                     format_count(chunk_range(op, chunks[end - 1]).second));
    i = end;
  }
  return "elements " + list_words(ranges, 4);
}

}  // namespace envlock::report
