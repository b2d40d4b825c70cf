#include "envlock/probe/compare.h"

#include <algorithm>
#include <map>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "locate.h"
#include "run_document_check.h"

namespace envlock::probe {
namespace {

constexpr std::uint32_t kMagnitude = 0x7fffffff;
constexpr std::uint64_t kNanDistance = std::uint64_t{1} << 32;

bool is_nan(std::uint32_t bits) {
  return (bits & kMagnitude) > 0x7f800000;
}

/// Floats in their order as integers; both zeros are 0.
std::int64_t rank(std::uint32_t bits) {
  const auto magnitude = static_cast<std::int64_t>(bits & kMagnitude);
  return bits > kMagnitude ? -magnitude : magnitude;
}

/// As the digest sees it: all NaNs are one.
bool same_element(std::uint32_t left, std::uint32_t right, ElementType type) {
  return left == right || (type == ElementType::f32 && is_nan(left) && is_nan(right));
}

std::vector<int> index_of(std::uint64_t element, const std::vector<int>& shape) {
  std::vector<int> index(shape.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    const auto dimension = static_cast<std::uint64_t>(shape[i]);
    index[i] = static_cast<int>(element % dimension);
    element /= dimension;
  }
  return index;
}

const PartRecord* find_part(const RunDocument& document, const std::string& name) {
  for (const PartRecord& part : document.parts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

const Leaves* find_leaves(const RunDocument& document, const Place& place) {
  for (const Leaves& leaves : document.leaves) {
    if (leaves.place == place) return &leaves;
  }
  return nullptr;
}

const Dump* find_dump(const RunDocument& document, const Place& place) {
  for (const Dump& dump : document.dumps) {
    if (dump.place == place) return &dump;
  }
  return nullptr;
}

std::vector<StepAgreement> agreements(const PartRecord& left, const PartRecord& right) {
  std::vector<StepAgreement> all;
  for (std::size_t i = 0; i < std::min(left.steps.size(), right.steps.size()); ++i) {
    const StepRecord& want = left.steps[i];
    const StepRecord& have = right.steps[i];
    StepAgreement agreement{.step = static_cast<int>(i) - 1};
    agreement.ops = want.ops.size();
    for (std::size_t op = 0; op < want.ops.size(); ++op) agreement.equal_ops += want.ops[op] == have.ops[op] ? 1 : 0;
    if (i > 0) agreement.loss_ulp = ulp_distance(want.loss_bits, have.loss_bits);
    all.push_back(agreement);
  }
  return all;
}

std::vector<std::size_t> differing_chunks(const RunDocument& left, const RunDocument& right, const Place& place) {
  std::vector<std::size_t> chunks;
  const Leaves* want = find_leaves(left, place);
  const Leaves* have = find_leaves(right, place);
  if (want == nullptr || have == nullptr) return chunks;
  for (std::size_t i = 0; i < std::min(want->digests.size(), have->digests.size()); ++i) {
    if (want->digests[i] != have->digests[i]) chunks.push_back(i);
  }
  return chunks;
}

/// What both dumped of a part, where it differs, in execution order.
std::vector<DumpComparison> compare_dumps(const RunDocument& left, const RunDocument& right, const std::string& part) {
  std::vector<std::pair<std::size_t, DumpComparison>> all;
  for (const Dump& want : left.dumps) {
    const Dump* have = find_dump(right, want.place);
    if (want.place.part != part || have == nullptr || want.words.size() != have->words.size()) continue;
    const std::vector<OpInfo>& ops = left.ops_of(want.place.step);
    const auto op =
        std::find_if(ops.begin(), ops.end(), [&](const OpInfo& each) { return each.name == want.place.op; });
    if (op == ops.end()) continue;
    ElementDifference elements = compare_elements(want.words, have->words, *op);
    if (elements.differing == 0) continue;
    all.push_back({static_cast<std::size_t>(op - ops.begin()), {want.place, std::move(elements)}});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.place.step, a.first) < std::pair(b.second.place.step, b.first);
  });
  std::vector<DumpComparison> sorted;
  for (auto& each : all) sorted.push_back(std::move(each.second));
  return sorted;
}

/// Where one run is wrong and has said which elements are not golden, and the other has the golden digest there, that
/// is the difference of the two.
void take_elements_from_golden(const RunDocument& left, const RunDocument& right, Mismatch& mismatch) {
  const auto knows = [&](const RunDocument& document, const core::Sha256& golden) {
    const std::optional<Mismatch>& known = document.golden_mismatch;
    return known && known->elements && known->place == mismatch.place && known->want == golden;
  };
  if (mismatch.elements) return;
  if (knows(right, mismatch.want)) {
    mismatch.elements = right.golden_mismatch->elements;
    mismatch.truth = right.golden_mismatch->truth;
  } else if (knows(left, mismatch.have)) {
    mismatch.elements = left.golden_mismatch->elements;
    std::swap(mismatch.elements->want_bits, mismatch.elements->have_bits);
    mismatch.truth = left.golden_mismatch->truth;
  }
}

std::map<std::string, std::string> named_facts(const RunDocument& document) {
  const Facts& facts = document.facts;
  std::map<std::string, std::string> named = {{"envlock", facts.envlock_version},
                                              {"device", facts.device},
                                              {"device name", facts.device_name},
                                              {"threads", std::to_string(facts.threads)}};
  for (const auto& [name, value] : facts.details) named[name] = value;
  for (const auto& [name, value] : facts.environment) named["$" + name] = value;
  std::vector<std::string> settings;
  for (const std::vector<std::string>& thread : document.fp_settings) {
    for (const std::string& setting : thread) {
      if (std::find(settings.begin(), settings.end(), setting) == settings.end()) settings.push_back(setting);
    }
  }
  named["fp settings"] = settings.empty() ? "default" : core::join(settings, ", ");
  return named;
}

std::vector<std::string> differing_facts(const RunDocument& left, const RunDocument& right) {
  const std::map<std::string, std::string> wants = named_facts(left);
  const std::map<std::string, std::string> haves = named_facts(right);
  std::map<std::string, std::pair<std::string, std::string>> both;
  for (const auto& [name, value] : wants) both[name].first = value;
  for (const auto& [name, value] : haves) both[name].second = value;
  std::vector<std::string> differing;
  const auto shown = [](const std::string& value) { return value.empty() ? std::string("nothing") : value; };
  for (const auto& [name, values] : both) {
    if (values.first == values.second) continue;
    differing.push_back(name + ": " + shown(values.first) + " and " + shown(values.second));
  }
  return differing;
}

bool comparable(const RunDocument& left, const RunDocument& right) {
  return left.spec == right.spec && left.size == right.size && left.initial_ops == right.initial_ops &&
         left.step_ops == right.step_ops;
}

RunComparison compare_any(const RunDocument& left, const RunDocument& right) {
  RunComparison comparison;
  comparison.facts = differing_facts(left, right);
  comparison.same_size = comparable(left, right);
  if (!comparison.same_size) return comparison;
  comparison.compared_steps = std::min(left.steps(), right.steps());
  for (const PartRecord& part : left.parts) {
    const PartRecord* other = find_part(right, part.name);
    if (other == nullptr) continue;
    PartComparison each;
    each.part = part.name;
    each.steps = agreements(part, *other);
    each.first = first_difference(left, part, right, *other);
    if (each.first) {
      take_elements_from_golden(left, right, *each.first);
      each.differing_chunks = differing_chunks(left, right, each.first->place);
    }
    each.dumps = compare_dumps(left, right, part.name);
    comparison.parts.push_back(std::move(each));
  }
  return comparison;
}

}  // namespace

std::uint64_t ulp_distance(std::uint32_t left_bits, std::uint32_t right_bits) {
  if (is_nan(left_bits) || is_nan(right_bits)) return is_nan(left_bits) && is_nan(right_bits) ? 0 : kNanDistance;
  const std::int64_t distance = rank(left_bits) - rank(right_bits);
  return static_cast<std::uint64_t>(distance < 0 ? -distance : distance);
}

ElementDifference compare_elements(std::span<const std::uint32_t> want, std::span<const std::uint32_t> have,
                                   const OpInfo& info) {
  ElementDifference difference;
  difference.compared = std::min(want.size(), have.size());
  difference.total = element_count(info);
  for (std::size_t i = 0; i < difference.compared; ++i) {
    if (same_element(want[i], have[i], info.type)) continue;
    if (difference.differing++ == 0) {
      difference.first_index = index_of(i, info.shape);
      difference.want_bits = want[i];
      difference.have_bits = have[i];
    }
    if (info.type == ElementType::f32 && !is_nan(want[i]) && !is_nan(have[i])) {
      difference.max_ulp = std::max(difference.max_ulp, ulp_distance(want[i], have[i]));
    }
  }
  return difference;
}

bool RunComparison::equal() const {
  return same_size && !parts.empty() &&
         std::none_of(parts.begin(), parts.end(), [](const PartComparison& part) { return part.first.has_value(); });
}

RunComparison compare(const RunDocument& left, const RunDocument& right) {
  RunComparison comparison = compare_any(left, right);
  if (comparison.same_size) return comparison;
  const auto describe = [](const RunDocument& document) {
    return document.spec + ", size " + document.size + ", " + std::to_string(document.initial_ops.size()) + " and " +
           std::to_string(document.step_ops.size()) + " tensors";
  };
  throw core::Error({.code = "probe-runs-incomparable",
                     .what = "the two runs did not compute the same thing",
                     .where = std::nullopt,
                     .why = {"want " + describe(left) + "  the first", "have " + describe(right) + "  the second"},
                     .hints = {"run the probe with the same --size on both sides"}});
}

RunGroups group(const std::vector<RunDocument>& documents) {
  RunGroups result;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const auto same = std::find_if(result.groups.begin(), result.groups.end(), [&](const auto& members) {
      return documents[members.front()].root == documents[i].root;
    });
    if (same == result.groups.end()) {
      result.groups.push_back({i});
    } else {
      same->push_back(i);
    }
  }
  std::sort(result.groups.begin(), result.groups.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() > b.size() : a.front() < b.front();
  });
  for (std::size_t i = 1; i < result.groups.size(); ++i) {
    result.against_first.push_back(
        compare_any(documents[result.groups.front().front()], documents[result.groups[i].front()]));
  }
  return result;
}

}  // namespace envlock::probe
