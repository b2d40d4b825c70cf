#include "envlock/probe/tier_run.h"

#include <algorithm>

#include "envlock/probe/digest_tree.h"

namespace envlock::probe {

SectionBuilder::SectionBuilder(std::string name, std::vector<OpInfo> initial_ops, std::vector<OpInfo> step_ops) {
  section_.name = name;
  section_.record.name = std::move(name);
  section_.initial_ops = std::move(initial_ops);
  section_.step_ops = std::move(step_ops);
}

void SectionBuilder::add(const std::vector<core::Sha256>& tensor_roots, std::uint32_t loss_bits) {
  PartRecord& part = section_.record;
  const int number = static_cast<int>(part.steps.size()) - 1;
  const std::vector<OpInfo>& infos = section_.ops_of(number);
  StepRecord step;
  step.loss_bits = number < 0 ? 0 : loss_bits;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    step.ops.push_back(op_digest(infos[i].name, infos[i].type, infos[i].shape, tensor_roots.at(i)));
  }
  step.root = tree_root(step.ops);
  step.chain = chain_digest(part.steps.empty() ? core::Sha256{} : part.steps.back().chain, step.root);
  part.steps.push_back(std::move(step));
}

Section SectionBuilder::finish() {
  std::vector<core::Sha256> roots;
  for (const StepRecord& step : section_.record.steps) roots.push_back(step.root);
  section_.record.root = tree_root(std::move(roots));
  return std::move(section_);
}

std::string detail(const Details& details, std::string_view name) {
  const auto found = std::find_if(details.begin(), details.end(), [&](const auto& each) { return each.first == name; });
  return found == details.end() ? "" : found->second;
}

const Section* TierRun::find(std::string_view section) const {
  const auto found =
      std::find_if(sections.begin(), sections.end(), [&](const Section& each) { return each.name == section; });
  return found == sections.end() ? nullptr : &*found;
}

std::string_view format(TierVerdict verdict) {
  switch (verdict) {
    case TierVerdict::consistent:
      return "consistent";
    case TierVerdict::fp_environment:
      return "fp-environment";
    case TierVerdict::wrong:
      return "wrong";
    case TierVerdict::unstable:
      return "unstable";
    case TierVerdict::failed:
      break;
  }
  return "failed";
}

std::string_view format(TierRun::Outcome outcome) {
  switch (outcome) {
    case TierRun::Outcome::ran:
      return "ran";
    case TierRun::Outcome::crashed:
      return "crashed";
    case TierRun::Outcome::hung:
      return "hung";
    case TierRun::Outcome::unusable:
      break;
  }
  return "unusable";
}

TierVerdict judge(const TierRun& run) {
  if (run.outcome != TierRun::Outcome::ran) return TierVerdict::failed;
  const bool tripped =
      std::any_of(run.canaries_after.begin(), run.canaries_after.end(), [](const Canary& each) { return !each.ok; });
  const bool set = std::any_of(run.fp_settings.begin(), run.fp_settings.end(),
                               [](const std::vector<std::string>& thread) { return !thread.empty(); });
  // Whatever comes out of a changed floating-point unit is its doing first.
  if (tripped || set) return TierVerdict::fp_environment;
  if (!run.wrong.empty()) return TierVerdict::wrong;
  return run.repeat_difference ? TierVerdict::unstable : TierVerdict::consistent;
}

void seal(TierRun& run) {
  std::vector<core::Sha256> digests;
  for (const Section& section : run.sections) digests.push_back(part_digest(section.name, section.record.root));
  if (digests.empty()) {
    run.root = {};
    return;
  }
  // The last section is the training run where there is one; its number of steps belongs to what was computed.
  const int steps = static_cast<int>(run.sections.back().record.steps.size()) - 1;
  run.root = document_root(run.tier, steps, std::move(digests));
}

void attach_repeat(TierRun& run, const TierRun& repeat) {
  ++run.repeats;
  if (!run.repeat_difference) run.repeat_difference = first_difference(run, repeat);
}

}  // namespace envlock::probe
