#include "envlock/probe/tier_run.h"

#include "envlock/core/diagnostic.h"
#include "envlock/probe/digest_tree.h"
#include "support/catch.h"

using namespace envlock;
using probe::TierRun;

namespace {

core::Sha256 root_of(std::uint32_t word) {
  return probe::leaf_digest(std::vector<std::uint32_t>{word}, probe::ElementType::f32, nullptr);
}

/// Two sections: one computed once, one of two steps.
TierRun make_run(std::uint32_t battery = 1, std::uint32_t step = 2) {
  TierRun run;
  run.tier = "blas";
  run.subject = "numpy";
  run.spec = probe::kTiersVersion;
  probe::SectionBuilder once("battery",
                             {{"gemm.a", probe::ElementType::f32, {1}}, {"gemm.b", probe::ElementType::f32, {1}}}, {});
  once.add({root_of(battery), root_of(7)});
  run.sections.push_back(once.finish());
  probe::SectionBuilder training("training", {{"init.w", probe::ElementType::f32, {1}}},
                                 {{"fwd.x", probe::ElementType::f32, {1}}, {"loss", probe::ElementType::f32, {1}}});
  training.add({root_of(3)});
  training.add({root_of(4), root_of(0x40000000)}, 0x40000000);
  training.add({root_of(step), root_of(0x40400000)}, 0x40400000);
  run.sections.push_back(training.finish());
  run.orders.push_back(
      {.K = 2048, .fused = true, .blocks = {448, 326}, .lanes = 1, .tree = root_of(9), .replayed = true});
  run.variations.push_back({{"alignment", -1, "sasum"}, 3, 16});
  run.canaries_before = {{"subnormal results", true, {}}};
  run.canaries_after = {{"subnormal results", true, {}}};
  run.fp_settings = {{}, {}};
  run.details = {{"library", "lib/libopenblas.so.0"}, {"kernel", "Haswell"}};
  run.mapped = {{"lib/libopenblas.so.0", false, root_of(11)}};
  run.environment = {{"OMP_NUM_THREADS", "1"}};
  run.seconds = 0.5;
  probe::seal(run);
  return run;
}

std::string code_of(const std::string& text) {
  try {
    probe::parse_tier_run(text, "tier.json");
  } catch (const core::Error& error) {
    return error.diagnostics().front().code;
  }
  return "";
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
  const std::size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), by);
}

}  // namespace

TEST_CASE("a tier's document is read back as it was written") {
  TierRun run = make_run();
  CHECK(probe::parse_tier_run(probe::format(run), "tier.json") == run);
  run.wrong.push_back({.place = {"integers", -1, "gemm.a"},
                       .exact = true,
                       .index = {1, 2},
                       .want_bits = 1,
                       .have_bits = 2,
                       .wrong = 3,
                       .total = 4});
  run.repeats = 1;
  run.repeat_difference = probe::first_difference(run, make_run(5));
  CHECK(probe::parse_tier_run(probe::format(run), "tier.json") == run);
}

TEST_CASE("a tier's document that was changed is refused") {
  const TierRun run = make_run();
  const std::string text = probe::format(run);
  const core::Sha256 op = run.sections[1].record.steps[1].ops[0];
  CHECK(code_of(replaced(text, core::format(op), core::format(root_of(99)))) == "probe-run-edited");
  CHECK(code_of(replaced(text, "\"root\": \"" + core::format(run.root), "\"root\": \"" + core::format(root_of(99)))) ==
        "probe-run-edited");
  CHECK(code_of(replaced(text, "40400000", "40400001")) != "");
  CHECK(code_of(replaced(text, "probe-tiers/1", "probe-tiers/9")) == "probe-run-spec");
  CHECK(code_of(replaced(text, "\"consistent\"", "\"wrong\"")) == "probe-run-malformed");
  CHECK(code_of(replaced(text, "envlock-probe-tier", "envlock-probe-run")) == "probe-run-malformed");
  CHECK(code_of(text.substr(0, text.size() / 2)) == "probe-run-malformed");
}

TEST_CASE("the first difference of two tiers is told with its section, step and op") {
  const auto none = probe::first_difference(make_run(), make_run());
  CHECK_FALSE(none);
  const auto battery = probe::first_difference(make_run(), make_run(8, 9));
  REQUIRE(battery);
  CHECK((battery->place == probe::Place{"battery", -1, "gemm.a"}));
  CHECK(battery->differing_ops == 2);
  CHECK(battery->compared_ops == 7);
  const auto training = probe::first_difference(make_run(), make_run(1, 9));
  REQUIRE(training);
  CHECK((training->place == probe::Place{"training", 1, "fwd.x"}));
  CHECK(probe::differing_sections(make_run(), make_run(1, 9)) == std::vector<std::string>{"training"});
}

TEST_CASE("what a tier says of itself: the environment before the values, the values before the repeat") {
  TierRun run = make_run();
  CHECK(probe::judge(run) == probe::TierVerdict::consistent);
  run.repeat_difference = probe::first_difference(run, make_run(5));
  CHECK(probe::judge(run) == probe::TierVerdict::unstable);
  run.wrong.push_back({});
  CHECK(probe::judge(run) == probe::TierVerdict::wrong);
  run.canaries_after[0].ok = false;
  CHECK(probe::judge(run) == probe::TierVerdict::fp_environment);
  run.canaries_after[0].ok = true;
  run.fp_settings[1] = {"flush-to-zero"};
  CHECK(probe::judge(run) == probe::TierVerdict::fp_environment);
  run.outcome = TierRun::Outcome::hung;
  CHECK(probe::judge(run) == probe::TierVerdict::failed);
}

TEST_CASE("the root of a tier holds its name and the number of steps") {
  TierRun run = make_run();
  const core::Sha256 root = run.root;
  run.tier = "torch";
  probe::seal(run);
  CHECK(run.root != root);
}
