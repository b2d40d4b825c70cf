#include "envlock/probe/baseline.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/digest_tree.h"
#include "support/catch.h"

using namespace envlock;
using probe::Baseline;
using probe::HardwareClass;
using probe::TierRun;

namespace {

core::Sha256 root_of(std::uint32_t word) {
  return probe::leaf_digest(std::vector<std::uint32_t>{word}, probe::ElementType::f32, nullptr);
}

TierRun make_run(const std::string& subject, std::uint32_t battery, std::uint32_t step) {
  TierRun run;
  run.tier = "blas";
  run.subject = subject;
  run.spec = probe::kTiersVersion;
  probe::SectionBuilder once("battery", {{"gemm.a", probe::ElementType::f32, {1}}}, {});
  once.add({root_of(battery)});
  run.sections.push_back(once.finish());
  probe::SectionBuilder training("training", {{"init.w", probe::ElementType::f32, {1}}},
                                 {{"fwd.x", probe::ElementType::f32, {1}}});
  training.add({root_of(3)});
  training.add({root_of(step)});
  run.sections.push_back(training.finish());
  run.orders.push_back({.K = 2048, .fused = true, .blocks = {448}, .lanes = 1, .tree = root_of(9), .replayed = true});
  run.details = {{"library", "lib/libopenblas.so.0"}, {"kernel", "Haswell"}, {"config", "not kept"}};
  probe::seal(run);
  return run;
}

std::vector<probe::BoundFile> files(std::uint32_t content = 1) {
  return {{"openblas", "lib/libopenblas.so.0", root_of(content)}};
}

HardwareClass hardware(int threads) {
  return {.architecture = "x86_64",
          .vendor = "AuthenticAMD",
          .isa = {"avx", "avx2"},
          .l2_bytes = 1 << 20,
          .threads = threads,
          .gpus = {}};
}

Baseline make_baseline(int threads) {
  Baseline baseline{.tiers_spec = std::string(probe::kTiersVersion), .classes = {}};
  baseline.replace(hardware(threads),
                   {probe::accept(make_run("scipy", 1, 2), files()), probe::accept(make_run("numpy", 1, 2), files())});
  return baseline;
}

std::string code_of(const std::string& text) {
  try {
    probe::parse_baseline(text, "envlock.baseline.json");
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

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : core::split(text, '\n')) lines.emplace_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a baseline is read back as it was written, whatever the order in which classes came") {
  Baseline one = make_baseline(1);
  one.replace(hardware(2), {probe::accept(make_run("numpy", 5, 6), files())});
  Baseline other = make_baseline(2);
  other.replace(hardware(2), {probe::accept(make_run("numpy", 5, 6), files())});
  other.replace(hardware(1),
                {probe::accept(make_run("numpy", 1, 2), files()), probe::accept(make_run("scipy", 1, 2), files())});
  CHECK(probe::format(one) == probe::format(other));
  CHECK(probe::parse_baseline(probe::format(one), "b.json") == one);
  CHECK(one.find(hardware(1))->tiers.front().subject == "numpy");
  CHECK(one.find(hardware(3)) == nullptr);
  CHECK(probe::format(one).find("not kept") == std::string::npos);
}

TEST_CASE("a baseline that was changed, or that is another's, is refused by name") {
  const std::string text = probe::format(make_baseline(1));
  CHECK(code_of(text).empty());
  CHECK(code_of(replaced(text, "\"Haswell\"", "\"Zen\"")) == "baseline-edited");
  CHECK(code_of(replaced(text, "AuthenticAMD", "GenuineIntel")) == "baseline-edited");
  CHECK(code_of(replaced(text, "probe-tiers/1", "probe-tiers/2")) == "baseline-spec");
  CHECK(code_of(replaced(text, "\"version\": 1", "\"version\": 2")) == "baseline-version");
  CHECK(code_of(replaced(text, "envlock-baseline", "envlock-lock")) == "baseline-invalid");
  CHECK(code_of("<<<<<<< ours\n" + text) == "baseline-invalid");
  CHECK(code_of(text.substr(0, text.size() / 2)) == "baseline-invalid");
  CHECK(code_of("{}") == "baseline-invalid");
}

TEST_CASE("a class that was changed is left out, and the others are read") {
  Baseline two = make_baseline(1);
  two.replace(hardware(2), {probe::accept(make_run("numpy", 5, 6), files())});
  const std::string text = replaced(probe::format(two), "\"threads\": 2", "\"threads\": 3");
  std::vector<core::Diagnostic> edited;
  CHECK(probe::parse_baseline(text, "b.json", &edited) == make_baseline(1));
  REQUIRE(edited.size() == 1);
  CHECK(edited.front().code == "baseline-edited");
  CHECK(edited.front().what.find("3 threads") != std::string::npos);
}

TEST_CASE("where git could not merge, both sides are read, and what they disagree about is left out") {
  Baseline ours = make_baseline(1);
  Baseline theirs = make_baseline(2);
  theirs.replace(hardware(1), ours.classes.front().tiers);
  const auto conflict = [](const Baseline& left, const Baseline& right) {
    return "<<<<<<< HEAD\n" + probe::format(left) + "||||||| base\nold\n=======\n" + probe::format(right) +
           ">>>>>>> x\n";
  };
  std::vector<core::Diagnostic> troubles;
  const Baseline both = probe::parse_baseline(conflict(ours, theirs), "b.json", &troubles);
  CHECK(both == theirs);
  REQUIRE(troubles.size() == 1);
  CHECK(troubles.front().code == "baseline-conflict");
  CHECK(troubles.front().why.empty());
  CHECK(code_of(conflict(ours, theirs)) == "baseline-invalid");

  theirs.replace(hardware(1), {probe::accept(make_run("numpy", 8, 9), files())});
  troubles.clear();
  CHECK(probe::parse_baseline(conflict(ours, theirs), "b.json", &troubles) == make_baseline(2));
  CHECK(troubles.front().why.size() == 1);

  troubles.clear();
  CHECK_THROWS_AS(probe::parse_baseline("<<<<<<< HEAD\n" + probe::format(ours), "b.json", &troubles), core::Error);
}

TEST_CASE("a class that is added leaves every line of the others as it was") {
  const std::vector<std::string> before = lines_of(probe::format(make_baseline(1)));
  Baseline more = make_baseline(1);
  more.replace(hardware(5), {probe::accept(make_run("numpy", 5, 6), files())});
  const std::vector<std::string> after = lines_of(probe::format(more));
  std::size_t common = 0;  // of the beginning and the end: in between there are new lines only
  while (common < before.size() && before[common] == after[common]) ++common;
  std::size_t tail = 0;
  while (tail < before.size() - common && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  CHECK(common + tail == before.size());
}

TEST_CASE("a run is compared with what was accepted") {
  const probe::AcceptedTier accepted = probe::accept(make_run("numpy", 1, 2), files());
  const probe::TierComparison same = probe::compare(accepted, make_run("numpy", 1, 2), files());
  CHECK(same.equal);
  CHECK(same.changed_files.empty());

  const probe::TierComparison bumped = probe::compare(accepted, make_run("numpy", 1, 2), files(2));
  CHECK(bumped.equal);
  using Kind = probe::ChangedFile::Kind;
  CHECK(bumped.changed_files ==
        std::vector<probe::ChangedFile>{{"lib/libopenblas.so.0", "openblas", Kind::other_bytes}});

  const probe::TierComparison other =
      probe::compare(accepted, make_run("numpy", 4, 5), {{"blis", "lib/libblis.so.4", root_of(1)}});
  CHECK_FALSE(other.equal);
  CHECK(other.differing_sections == std::vector<std::string>{"battery", "training"});
  REQUIRE(other.first);
  CHECK((other.first->place == probe::Place{"battery", -1, "gemm.a"}));
  CHECK(other.first->differing_ops == 2);
  CHECK(other.first->compared_ops == 3);
  REQUIRE(other.training);
  CHECK((other.training->place == probe::Place{"training", 0, "fwd.x"}));
  CHECK(other.changed_files == std::vector<probe::ChangedFile>{{"lib/libblis.so.4", "blis", Kind::added},
                                                               {"lib/libopenblas.so.0", "openblas", Kind::gone}});
}

TEST_CASE("a GPU is a class of its own, beside those of processors") {
  const HardwareClass gpu{.architecture = "x86_64",
                          .vendor = {},
                          .isa = {},
                          .threads = 1,
                          .gpus = {{"NVIDIA A100-SXM4-40GB MIG 1g.5gb", "8.0", 14, "on"}}};
  CHECK(describe(gpu) == "NVIDIA A100-SXM4-40GB MIG 1g.5gb (compute capability 8.0, 14 multiprocessors), x86_64");
  CHECK(describe(hardware(2)) == "AuthenticAMD x86_64, avx2, 1024 KiB L2, 2 threads");
  Baseline baseline = make_baseline(1);
  probe::TierRun run = make_run("lt", 1, 2);
  run.tier = "cublas";
  run.details = {{"device", "cuda:1"}, {"operands", "float32"}, {"algorithm gemm.nn.64x64x64", "id 21, split-K 4"}};
  baseline.replace(gpu, {probe::accept(run, {})});
  const Baseline read = probe::parse_baseline(probe::format(baseline), "envlock.baseline.json");
  CHECK(read == baseline);
  REQUIRE(read.find(gpu) != nullptr);
  CHECK(read.find(gpu)->tiers[0].details ==
        probe::Details{{"operands", "float32"}, {"algorithm gemm.nn.64x64x64", "id 21, split-K 4"}});
  HardwareClass whole = gpu;
  whole.gpus[0].mig = "off";
  CHECK(read.find(whole) == nullptr);
}
