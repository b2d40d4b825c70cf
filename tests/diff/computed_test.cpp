#include "envlock/diff/diff.h"
#include "envlock/probe/digest_tree.h"
#include "support/catch.h"

using namespace envlock;
using diff::Diff;
using diff::Inventory;
using probe::TierRun;

namespace {

core::Sha256 digest_of(std::uint32_t word) {
  return probe::leaf_digest(std::vector<std::uint32_t>{word}, probe::ElementType::f32, nullptr);
}

TierRun run_of(const std::string& subject, std::uint32_t battery, std::uint32_t step) {
  TierRun run{.tier = "blas", .subject = subject, .spec = std::string(probe::kTiersVersion)};
  probe::SectionBuilder once("battery", {{"gemm.a", probe::ElementType::f32, {1}}}, {});
  once.add({digest_of(battery)});
  run.sections.push_back(once.finish());
  probe::SectionBuilder training("training", {{"init.w", probe::ElementType::f32, {1}}},
                                 {{"fwd.x", probe::ElementType::f32, {1}}});
  training.add({digest_of(3)});
  training.add({digest_of(step)});
  run.sections.push_back(training.finish());
  run.details = {{"library", "lib/libopenblas.so.0"}, {"kernel", "Haswell"}};
  run.mapped = {{"lib/libopenblas.so.0", false, digest_of(battery)}};
  probe::seal(run);
  return run;
}

Inventory inventory_of(const std::string& label, std::vector<TierRun> tiers) {
  Inventory inventory;
  inventory.label = label;
  inventory.kind = diff::SourceKind::snapshot;
  inventory.computed = probe::Computed{.reference = {}, .tiers = std::move(tiers)};
  return inventory;
}

}  // namespace

TEST_CASE("what computes the same is counted, and is no difference") {
  const Diff same =
      diff::compare(inventory_of("a", {run_of("numpy", 1, 2)}), inventory_of("b", {run_of("numpy", 1, 2)}));
  CHECK(same.empty());
  CHECK(same.equal_tiers == 2);
  CHECK(same.remarks.empty());
}

TEST_CASE("a tier that differs is told with its place and with what else differs") {
  TierRun other = run_of("numpy", 4, 5);
  other.details.back().second = "Zen";
  other.environment = {{"OPENBLAS_CORETYPE", "Zen"}};
  Inventory from = inventory_of("a", {run_of("numpy", 1, 2), run_of("scipy", 1, 2)});
  Inventory to = inventory_of("b", {other, run_of("torch", 1, 2)});
  from.libraries = {{.role = "blas",
                     .name = "openblas",
                     .version = "",
                     .path = "lib/libopenblas.so.0",
                     .package = "libopenblas",
                     .provides = {}}};
  diff::Item item;
  item.name = "libopenblas";
  item.version = "0.3.21";
  from.platforms.push_back({.name = "linux-64", .subdir = "linux-64", .virtual_packages = {}, .items = {item}});
  item.version = "0.3.28";
  to.platforms.push_back({.name = "linux-64", .subdir = "linux-64", .virtual_packages = {}, .items = {item}});
  const Diff diff = diff::compare(from, to);
  CHECK_FALSE(diff.empty());
  CHECK(diff.equal_tiers == 1);
  REQUIRE(diff.computed.size() == 3);
  const diff::TierDifference& numpy = diff.computed[0];
  CHECK(numpy.sections == std::vector<std::string>{"battery", "training"});
  REQUIRE(numpy.first);
  CHECK((numpy.first->place == probe::Place{"battery", -1, "gemm.a"}));
  REQUIRE(numpy.training);
  CHECK((numpy.training->place == probe::Place{"training", 0, "fwd.x"}));
  CHECK(numpy.causes == std::vector<std::string>{"other bytes in `lib/libopenblas.so.0` of libopenblas 0.3.21 → 0.3.28",
                                                 "only the second sets `OPENBLAS_CORETYPE=Zen`",
                                                 "kernel: Haswell → Zen"});
  CHECK((diff.computed[1].subject == "scipy" && diff.computed[1].to.empty()));
  CHECK((diff.computed[2].subject == "torch" && diff.computed[2].from.empty()));
}

TEST_CASE("one that ran and one that crashed differ, and a side that was not probed is remarked on") {
  TierRun crashed{.tier = "blas", .subject = "numpy", .spec = std::string(probe::kTiersVersion)};
  crashed.outcome = TierRun::Outcome::crashed;
  const Diff diff = diff::compare(inventory_of("a", {run_of("numpy", 1, 2)}), inventory_of("b", {crashed}));
  REQUIRE(diff.computed.size() == 1);
  CHECK((diff.computed[0].from == "ran" && diff.computed[0].to == "crashed"));

  Inventory bare = inventory_of("b", {});
  bare.computed.reset();
  const Diff half = diff::compare(inventory_of("a", {run_of("numpy", 1, 2)}), bare);
  CHECK(half.empty());
  CHECK(half.remarks == std::vector<std::string>{"only a tells what it computes"});
}
