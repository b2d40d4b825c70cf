#include "envlock/probe/soak.h"

#include "envlock/core/diagnostic.h"
#include "envlock/probe/machine.h"
#include "support/catch.h"

namespace envlock::probe {
namespace {

TEST_CASE("a soak holds every digest of every allowed processor against golden") {
  const Plan plan = make_plan(find_size("quick"));
  int told = 0;
  const SoakReport report =
      soak_cpu(plan, {.seconds = 0.01, .isa = {}, .disturb = {}, .progress = [&](double) { ++told; }});
  const std::vector<int> processors = allowed_processors();
  REQUIRE(report.units.size() == processors.size());
  for (std::size_t i = 0; i < processors.size(); ++i) {
    const SoakUnit& unit = report.units[i];
    CHECK(unit.name == "cpu " + std::to_string(processors[i]));
    CHECK(unit.pinned);
    CHECK(unit.steps >= 1);
    CHECK(unit.digests >= plan.parameters.size() + unit.steps * plan.digested.size());
    CHECK(unit.wrong == 0);
  }
  CHECK(report.clean());
  CHECK(told > 0);
}

TEST_CASE("a core that computes wrong is named, with the step and the op") {
  const Plan plan = make_plan(find_size("quick"));
  SoakOptions options;
  options.seconds = 0.01;
  options.disturb = [&](int step, TensorId tensor, std::span<std::uint32_t> words) {
    if (step == 0 && plan.tensor(tensor).name == "fwd.1.mlp.up") words[0] ^= 1;
  };
  const SoakReport report = soak_cpu(plan, options);
  CHECK_FALSE(report.clean());
  REQUIRE_FALSE(report.units.front().mismatches.empty());
  CHECK(report.units.front().mismatches.front().step == 0);
  CHECK(report.units.front().mismatches.front().op == "fwd.1.mlp.up");
  CHECK(report.units.front().mismatches.size() <= SoakUnit::kMostMismatches);
  for (std::size_t i = 1; i < report.units.size(); ++i) CHECK(report.units[i].wrong == 0);
}

TEST_CASE("what a worker throws comes out of the soak") {
  const Plan plan = make_plan(find_size("quick"));
  CHECK_THROWS_AS(soak_cpu(plan, {.seconds = 3600, .isa = "none such", .disturb = {}, .progress = {}}), core::Error);
}

}  // namespace
}  // namespace envlock::probe
