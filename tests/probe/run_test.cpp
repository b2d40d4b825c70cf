// Whole runs: what is found, where, and what the repeat then says of it.
#include "envlock/probe/run.h"

#include <cfenv>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/digest_tree.h"
#include "support/catch.h"

namespace envlock::probe {
namespace {

const Plan& quick() {
  static const Plan plan = make_plan(find_size("quick"));
  return plan;
}

/// Flips one bit of one element, in the reference part only.
struct Fault {
  int step;
  std::string op;
  std::size_t element;
  int bit;
};

RunOptions options_of(int steps, const std::vector<Fault>& faults = {}, int threads = 2) {
  RunOptions options;
  options.steps = steps;
  options.threads = threads;
  options.make_backend = [faults, threads](FpMode mode) {
    CpuOptions cpu{.threads = threads, .fp_mode = mode};
    if (mode == FpMode::normalised && !faults.empty()) {
      cpu.disturb = [faults](int step, TensorId tensor, std::span<std::uint32_t> words) {
        for (const Fault& fault : faults) {
          if (step == fault.step && quick().tensor(tensor).name == fault.op) words[fault.element] ^= 1u << fault.bit;
        }
      };
    }
    return make_cpu_backend(quick(), cpu);
  };
  return options;
}

std::string error_code(const RunOptions& options) {
  try {
    run(quick(), options);
    return "";
  } catch (const core::Error& error) {
    return error.diagnostics().front().code;
  }
}

/// One fault to study: small enough to be quick, late enough to be in the middle.
const Fault kFault{3, "fwd.1.mlp.up", 4711, 12};
constexpr int kSteps = 5;

TEST_CASE("a run that is in order is as specified") {
  const RunDocument document = run(quick(), options_of(2));
  CHECK(document.spec == "probe-spec/1");
  CHECK(document.size == "quick");
  CHECK(document.steps() == 2);
  REQUIRE(document.parts.size() == 2);
  CHECK(document.parts[0].name == "reference");
  CHECK(document.parts[1].name == "as-found");
  CHECK(document.parts[0].steps == document.parts[1].steps);
  CHECK(document.golden_compared == quick().parameters.size() + 2 * quick().digested.size());
  CHECK_FALSE(document.golden_mismatch);
  CHECK_FALSE(document.as_found_difference);
  CHECK(document.nans.empty());
  CHECK(document.leaves.empty());
  CHECK(document.dumps.empty());
  CHECK(document.verdict == Verdict::as_specified);
  CHECK(parse_run_document(format(document), "here") == document);
}

TEST_CASE("all twenty steps give the roots of the page") {
  const RunDocument document = run(quick(), options_of(0));
  CHECK(document.steps() == 20);
  CHECK(core::format(document.parts[0].root) == "49cb89e7d8736d8c226d8c9a8412016b3620185bc6eae8a96cc164f4610eee5f");
  CHECK(core::format(document.root) == "06a64bac40188f485f1c200748cac6e2feb8e32d934b6528fb705b65f1fc01a4");
}

TEST_CASE("one flipped bit is found: its step, its op, its element, both values") {
  for (const int bit : {0, 12, 22, 31}) {
    Fault fault = kFault;
    fault.bit = bit;
    const RunDocument document = run(quick(), options_of(kSteps, {fault}));
    REQUIRE(document.golden_mismatch);
    const Mismatch& mismatch = *document.golden_mismatch;
    CHECK(mismatch.place == Place{"reference", 3, "fwd.1.mlp.up"});
    CHECK(mismatch.differing_ops > 100);
    CHECK(mismatch.compared_ops == document.golden_compared);
    REQUIRE(mismatch.elements);
    CHECK(mismatch.elements->differing == 1);
    CHECK(mismatch.elements->compared == 4 * 64 * 256);
    CHECK(mismatch.elements->first_index == std::vector<int>{0, 18, 103});
    CHECK((mismatch.elements->want_bits ^ mismatch.elements->have_bits) == 1u << bit);
    CHECK_FALSE(mismatch.truth.empty());
    if (bit < 23) CHECK(mismatch.elements->max_ulp == 1u << bit);

    // The tensor is kept, as leaves and as bits; the leaves are those of the digest.
    REQUIRE(document.leaves.size() == 1);
    CHECK(document.leaves[0].place == mismatch.place);
    CHECK(op_digest("fwd.1.mlp.up", ElementType::f32, {4, 64, 256}, tree_root(document.leaves[0].digests)) ==
          mismatch.have);
    REQUIRE(document.dumps.size() == 1);
    CHECK(document.dumps[0].words.at(4711) == mismatch.elements->have_bits);

    // The part that ran without the fault is right, and so the two parts differ in the same place.
    REQUIRE(document.as_found_difference);
    CHECK(document.as_found_difference->place == Place{"as-found", 3, "fwd.1.mlp.up"});
    CHECK(document.as_found_difference->have == mismatch.want);
    CHECK(parse_run_document(format(document), "here") == document);
  }
}

TEST_CASE("a fault in the initial state is found there") {
  const RunDocument document = run(quick(), options_of(1, {{-1, "param.0.attn.qkv", 5, 3}}));
  REQUIRE(document.golden_mismatch);
  CHECK(document.golden_mismatch->place == Place{"reference", -1, "init.0.attn.qkv"});
  REQUIRE(document.golden_mismatch->elements);
  CHECK(document.golden_mismatch->elements->first_index == std::vector<int>{0, 5});
}

TEST_CASE("when a clean repeat differs, this run was wrong, and the machine is unstable") {
  RunDocument document = run(quick(), options_of(kSteps, {kFault}));
  attach_repeat(document, run(quick(), options_of(kSteps)));
  CHECK(document.repeat.runs == 1);
  REQUIRE(document.repeat.difference);
  CHECK(document.repeat.difference->place.step == 3);
  CHECK(document.repeat.difference->place.op == "fwd.1.mlp.up");
  CHECK(document.repeat.difference->want == document.golden_mismatch->have);
  CHECK(document.repeat.difference->have == document.golden_mismatch->want);
  CHECK(document.repeat.wrong == Repeat::Wrong::this_run);
  CHECK(document.verdict == Verdict::unstable);
}

TEST_CASE("when only the repeat is wrong, it is the one named") {
  RunDocument document = run(quick(), options_of(kSteps));
  attach_repeat(document, run(quick(), options_of(kSteps, {kFault})));
  CHECK(document.repeat.wrong == Repeat::Wrong::repeat);
  CHECK(document.verdict == Verdict::unstable);
  // Another repeat that is clean does not take it back.
  attach_repeat(document, run(quick(), options_of(kSteps)));
  CHECK(document.repeat.runs == 2);
  CHECK(document.repeat.wrong == Repeat::Wrong::repeat);
  CHECK(document.verdict == Verdict::unstable);
}

TEST_CASE("two runs that are wrong in different places are both named") {
  RunDocument document = run(quick(), options_of(kSteps, {kFault}));
  attach_repeat(document, run(quick(), options_of(kSteps, {{4, "fwd.0.attn.mix", 9, 1}})));
  CHECK(document.repeat.wrong == Repeat::Wrong::both);
  CHECK(document.verdict == Verdict::unstable);
}

TEST_CASE("a fault that comes again the same way is no accident: miscomputed") {
  // As a wrong compiler, driver or build would have it, in both parts and in the repeat.
  RunOptions steady = options_of(kSteps);
  steady.make_backend = [](FpMode mode) {
    return make_cpu_backend(
        quick(),
        {.threads = 2, .fp_mode = mode, .disturb = [](int step, TensorId tensor, std::span<std::uint32_t> words) {
           const bool there = step == 3 && quick().tensor(tensor).name == kFault.op;
           if (there) words[kFault.element] ^= 1u << kFault.bit;
         }});
  };
  RunDocument document = run(quick(), steady);
  attach_repeat(document, run(quick(), steady));
  REQUIRE(document.golden_mismatch);
  CHECK(document.golden_mismatch->place.op == "fwd.1.mlp.up");
  CHECK_FALSE(document.as_found_difference);
  CHECK_FALSE(document.repeat.difference);
  CHECK(document.repeat.wrong == Repeat::Wrong::neither);
  CHECK(document.verdict == Verdict::miscomputed);
}

TEST_CASE("an environment that rounds otherwise changes the run as found, and only that") {
  std::fesetround(FE_UPWARD);
  RunDocument document = run(quick(), options_of(2));
  attach_repeat(document, run(quick(), options_of(2)));
  std::fesetround(FE_TONEAREST);
  CHECK_FALSE(document.golden_mismatch);
  REQUIRE(document.as_found_difference);
  CHECK(document.as_found_difference->place == Place{"as-found", 0, "lane.ftz"});
  CHECK(document.fp_settings == std::vector<std::vector<std::string>>(2, {"rounding upward"}));
  CHECK(document.verdict == Verdict::fp_environment);
}

TEST_CASE("where threads have different settings, a part as found that differs in the repeat is no sign of a fault") {
  // Which thread takes which share of an op is chance, and with it which elements are rounded otherwise.
  const auto run_as = [](std::size_t element) {
    RunOptions options = options_of(2);
    options.make_backend = [element](FpMode mode) {
      CpuOptions cpu{.threads = 2, .fp_mode = mode};
      if (mode == FpMode::as_found) {
        cpu.disturb = [element](int step, TensorId tensor, std::span<std::uint32_t> words) {
          if (step == 1 && quick().tensor(tensor).name == "fwd.logits") words[element] ^= 1;
        };
      }
      return make_cpu_backend(quick(), cpu);
    };
    return run(quick(), options);
  };
  const RunDocument first = run_as(1);
  const RunDocument second = run_as(2);
  const auto judged = [&](const std::vector<std::vector<std::string>>& settings,
                          const std::vector<std::vector<std::string>>& repeated) {
    RunDocument document = first;
    RunDocument repeat = second;
    document.fp_settings = settings;
    repeat.fp_settings = repeated;
    attach_repeat(document, repeat);
    CHECK(document.repeat.runs == 1);
    CHECK(document.repeat.difference.has_value() == (document.repeat.wrong != Repeat::Wrong::neither));
    return document.verdict;
  };
  CHECK(judged({{}, {"rounding upward"}}, {{}, {"rounding upward"}}) == Verdict::fp_environment);
  CHECK(judged({{"rounding upward"}, {"rounding upward"}}, {{}, {}}) == Verdict::fp_environment);
  CHECK(judged({{"rounding upward"}, {"rounding upward"}}, {{"rounding upward"}, {"rounding upward"}}) ==
        Verdict::unstable);
  CHECK(judged({{}, {}}, {{}, {}}) == Verdict::unstable);
}

TEST_CASE("NaNs are counted where they stand") {
  const RunDocument document =
      run(quick(), options_of(2, {{1, "fwd.0.mlp.gelu", 17, 30}, {1, "fwd.0.mlp.gelu", 17, 29}}));
  CHECK(document.nans.empty());  // a large number, not a NaN
  RunOptions options = options_of(2);
  options.make_backend = [](FpMode mode) {
    return make_cpu_backend(
        quick(),
        {.threads = 2, .fp_mode = mode, .disturb = [](int step, TensorId tensor, std::span<std::uint32_t> words) {
           if (step == 1 && quick().tensor(tensor).name == "fwd.0.mlp.gelu") {
             words[17] = 0x7fc12345;
           }
         }});
  };
  const RunDocument broken = run(quick(), options);
  REQUIRE_FALSE(broken.nans.empty());
  CHECK(broken.nans.front().place == Place{"reference", 1, "fwd.0.mlp.gelu"});
  CHECK(broken.nans.front().count == 1);
  CHECK(broken.verdict != Verdict::as_specified);
}

TEST_CASE("a dump keeps a tensor of the reference part") {
  RunOptions options = options_of(2);
  options.dumps = {{"reference", 1, "loss"}, {"reference", -1, "init.wte"}};
  const RunDocument document = run(quick(), options);
  REQUIRE(document.dumps.size() == 2);
  CHECK(document.dumps[0].place == Place{"reference", -1, "init.wte"});
  CHECK(document.dumps[0].words.size() == 256 * 64);
  CHECK(document.dumps[1].words == std::vector<std::uint32_t>{document.parts[0].steps[2].loss_bits});
  CHECK(document.leaves.size() == 2);
  CHECK(parse_run_document(format(document), "here") == document);
}

TEST_CASE("progress counts the steps of both parts") {
  RunOptions options = options_of(3);
  std::vector<int> seen;
  options.progress = [&](int done, int all) {
    CHECK(all == 6);
    seen.push_back(done);
  };
  run(quick(), options);
  CHECK(seen == std::vector<int>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("what cannot be run is refused before anything runs") {
  for (const int steps : {-1, 21, 1000000}) CHECK(error_code(options_of(steps)) == "too-many-steps");
  for (const Place& place : {Place{"reference", 0, "fwd.9.mlp.up"}, Place{"reference", 2, "loss"},
                             Place{"reference", -1, "loss"}, Place{"reference", 0, "init.wte"}}) {
    RunOptions options = options_of(2);
    options.dumps = {place};
    options.make_backend = [](FpMode) -> std::unique_ptr<Backend> { throw std::logic_error("it ran"); };
    CHECK(error_code(options) == "unknown-op");
  }
}

}  // namespace
}  // namespace envlock::probe
