// How two runs of a tier part.
#include <algorithm>

#include "envlock/probe/tier_run.h"

namespace envlock::probe {
namespace {

/// The digests of one step, by position; names and shapes are in them.
void compare_steps(const Section& left, const Section& right, int step, std::optional<Mismatch>& first,
                   std::uint64_t& compared) {
  const auto index = static_cast<std::size_t>(step + 1);
  const std::vector<core::Sha256>& wanted = left.record.steps[index].ops;
  const std::vector<core::Sha256>& had = right.record.steps[index].ops;
  for (std::size_t op = 0; op < std::min(wanted.size(), had.size()); ++op) {
    ++compared;
    if (wanted[op] == had[op]) continue;
    if (!first) {
      first.emplace();
      first->place = {left.name, step, left.ops_of(step)[op].name};
      first->want = wanted[op];
      first->have = had[op];
    }
    ++first->differing_ops;
  }
}

}  // namespace

std::optional<Mismatch> first_difference(const TierRun& left, const TierRun& right) {
  std::optional<Mismatch> first;
  std::uint64_t compared = 0;
  for (const Section& section : left.sections) {
    const Section* other = right.find(section.name);
    if (other == nullptr) continue;
    const std::size_t steps = std::min(section.record.steps.size(), other->record.steps.size());
    for (std::size_t i = 0; i < steps; ++i) {
      compare_steps(section, *other, static_cast<int>(i) - 1, first, compared);
    }
  }
  if (first) first->compared_ops = compared;
  return first;
}

std::vector<std::string> differing_sections(const TierRun& left, const TierRun& right) {
  std::vector<std::string> names;
  for (const Section& section : left.sections) {
    const Section* other = right.find(section.name);
    if (other != nullptr && other->record.root != section.record.root) names.push_back(section.name);
  }
  return names;
}

}  // namespace envlock::probe
