#include "envlock/probe/compare.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/float_text.h"
#include "support/catch.h"
#include "support/probe_runs.h"

using namespace envlock::probe;
using envlock_test::flip;
using envlock_test::make_run;

namespace {

std::uint32_t bits(float value) {
  return std::bit_cast<std::uint32_t>(value);
}

constexpr std::uint32_t kNan = 0x7fc00000;

}  // namespace

TEST_CASE("neighbours are one ulp apart, and both zeros are one float") {
  CHECK(ulp_distance(bits(1.0f), bits(1.0f)) == 0);
  CHECK(ulp_distance(bits(0.0f), bits(-0.0f)) == 0);
  CHECK(ulp_distance(bits(-0x1p-149f), bits(0x1p-149f)) == 2);
  CHECK(ulp_distance(bits(0.0f), bits(0x1p-126f)) == 0x00800000);
  CHECK(ulp_distance(bits(std::numeric_limits<float>::max()), 0x7f800000) == 1);
  CHECK(ulp_distance(0x7f800000, 0xff800000) == 2 * std::uint64_t{0x7f800000});
  CHECK(ulp_distance(kNan, 0xffc12345) == 0);
  CHECK(ulp_distance(kNan, bits(1.0f)) == std::uint64_t{1} << 32);
  std::mt19937 random(7);
  for (int i = 0; i < 1000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(value)) continue;
    CHECK(ulp_distance(bits(value), bits(std::nextafter(value, 1e9f))) == (value == 1e9f ? 0 : 1));
  }
}

TEST_CASE("floats are written in hexadecimal as printf's %a has it") {
  CHECK(hex_float(bits(5.6f)) == "0x1.666666p+2");
  CHECK(hex_float(bits(-0.2f)) == "-0x1.99999ap-3");
  CHECK(hex_float(0) == "0x0p+0");
  CHECK(hex_float(0x80000000) == "-0x0p+0");
  CHECK(hex_float(1) == "0x1p-149");
  CHECK(hex_float(0x007fffff) == "0x1.fffffcp-127");
  CHECK(hex_float(0x7f800000) == "inf");
  CHECK(hex_float(kNan) == "nan");
  CHECK(hex_double(1) == "0x1p-1074");
  CHECK(hex_double(0x800fffffffffffff) == "-0x1.ffffffffffffep-1023");
  CHECK(hex_double(0x3fb999999999999a) == "0x1.999999999999ap-4");
  CHECK(decimal_float(bits(0.2f)) == "0.2000000030");
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    // Half of them subnormal.
    const std::uint32_t word = static_cast<std::uint32_t>(random()) & (i % 2 == 0 ? 0xffffffffu : 0x807fffffu);
    if (!std::isfinite(std::bit_cast<float>(word))) continue;
    char text[64];
    std::snprintf(text, sizeof text, "%a", static_cast<double>(std::bit_cast<float>(word)));
    CHECK(hex_float(word) == text);
  }
}

TEST_CASE("elements are counted, and the first that differs is named by its index") {
  const OpInfo op{"t", ElementType::f32, {2, 3, 4}};
  std::vector<std::uint32_t> want(24, bits(1.0f));
  std::vector<std::uint32_t> have = want;
  CHECK(compare_elements(want, have, op).differing == 0);
  have[17] = bits(1.0f) + 5;
  have[23] = bits(-1.0f);
  have[3] = kNan;
  want[3] = kNan | 0x80000001;  // a NaN is a NaN
  want[20] = bits(0.0f);
  have[20] = bits(-0.0f);  // not the same bits
  ElementDifference difference = compare_elements(want, have, op);
  CHECK(difference.compared == 24);
  CHECK(difference.total == 24);
  CHECK(difference.differing == 3);
  CHECK(difference.max_ulp == 2 * std::uint64_t{bits(1.0f)});
  CHECK(difference.first_index == std::vector{1, 1, 1});
  CHECK(difference.want_bits == bits(1.0f));
  CHECK(difference.have_bits == bits(1.0f) + 5);
  have[0] = kNan;  // differs, by no number of ulp
  difference = compare_elements(want, have, op);
  CHECK(difference.differing == 4);
  CHECK(difference.first_index == std::vector{0, 0, 0});
  const OpInfo integers{"t", ElementType::u32, {24}};
  difference = compare_elements(want, have, integers);
  CHECK(difference.differing == 5);
  CHECK(difference.max_ulp == 0);
}

TEST_CASE("a run equals itself") {
  const RunDocument document = make_run({.kept = {{"reference", 2, "fwd.0.mlp.up"}}});
  const RunComparison comparison = compare(document, document);
  CHECK(comparison.equal());
  CHECK(comparison.same_size);
  CHECK(comparison.compared_steps == 6);
  CHECK(comparison.facts.empty());
  REQUIRE(comparison.parts.size() == 2);
  for (const PartComparison& part : comparison.parts) {
    CHECK(part.steps.size() == 7);
    CHECK(part.dumps.empty());
    for (const StepAgreement& step : part.steps) {
      CHECK(step.equal_ops == step.ops);
      CHECK(step.loss_ulp == 0);
    }
  }
}

TEST_CASE("a flipped bit is found, wherever it is") {
  const unsigned seed = GENERATE(range(0u, 40u));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::vector<OpInfo> ops = envlock_test::invented_step_ops();
  const OpInfo& op = ops[random() % ops.size()];
  const int step = static_cast<int>(random() % 6);
  const std::size_t element = random() % envlock_test::count_of(op);
  const int bit = static_cast<int>(random() % 22);
  const std::vector<Place> kept = {{"reference", step, op.name}};
  const RunDocument left = make_run({.kept = kept});
  const RunDocument right = make_run({.change = flip(step, op.name, element, bit), .kept = kept});
  const RunComparison comparison = compare(left, right);
  CHECK_FALSE(comparison.equal());
  const PartComparison& part = comparison.parts.front();
  REQUIRE(part.first.has_value());
  CHECK(part.first->place == kept.front());
  CHECK(part.first->differing_ops == 1);
  CHECK(part.first->compared_ops == 2 + 6 * ops.size());
  CHECK(part.differing_chunks == std::vector{element / 1024});
  REQUIRE(part.first->elements.has_value());
  CHECK(part.first->elements->differing == 1);
  CHECK((part.first->elements->want_bits ^ part.first->elements->have_bits) == 1u << bit);
  std::size_t index = 0;
  for (std::size_t i = 0; i < op.shape.size(); ++i) {
    index =
        index * static_cast<std::size_t>(op.shape[i]) + static_cast<std::size_t>(part.first->elements->first_index[i]);
  }
  CHECK(index == element);
  if (op.type == ElementType::f32) CHECK(part.first->elements->max_ulp == std::uint64_t{1} << bit);
  for (const StepAgreement& each : part.steps) {
    CHECK(each.equal_ops == each.ops - (each.step == step ? 1 : 0));
    CHECK((each.loss_ulp != 0) == (each.step == step && op.name == "loss"));
  }
  // The other part has no dump.
  CHECK_FALSE(comparison.parts[1].first->elements.has_value());
  CHECK(comparison.parts[1].differing_chunks.empty());
}

TEST_CASE("what a wrong run knows against golden tells the elements against a right one") {
  const RunDocument right = make_run();
  RunDocument wrong = make_run({.change = flip(3, "fwd.embed", 9, 1)});
  envlock_test::hold_against(wrong, right);
  wrong.golden_mismatch->elements = ElementDifference{.compared = 64,
                                                      .total = 64,
                                                      .differing = 1,
                                                      .max_ulp = 2,
                                                      .first_index = {0, 1, 1},
                                                      .want_bits = 5,
                                                      .have_bits = 7};
  wrong.golden_mismatch->truth = "the truth";
  Mismatch found = *compare(right, wrong).parts[0].first;
  CHECK(found.elements == wrong.golden_mismatch->elements);
  CHECK(found.truth == "the truth");
  found = *compare(wrong, right).parts[0].first;
  CHECK(found.elements->want_bits == 7);
  CHECK(found.elements->have_bits == 5);
  CHECK(found.elements->first_index == std::vector{0, 1, 1});
  // Against another wrong run it says nothing.
  const RunDocument other = make_run({.change = flip(3, "fwd.embed", 10, 1)});
  CHECK_FALSE(compare(other, wrong).parts[0].first->elements.has_value());
  // Nor of the other part.
  CHECK_FALSE(compare(right, wrong).parts[1].first->elements.has_value());
}

TEST_CASE("of a tensor of several chunks those that differ are named") {
  const std::vector<Place> kept = {{"reference", 2, "fwd.0.mlp.up"}};
  const RunDocument left = make_run({.kept = kept});
  CHECK(compare(left, make_run({.change = flip(2, "fwd.0.mlp.up", 1100, 0), .kept = kept})).parts[0].differing_chunks ==
        std::vector<std::size_t>{1});
  CHECK(compare(left, make_run({.change = flip(2, "fwd.0.mlp.up", 1023, 0), .kept = kept})).parts[0].differing_chunks ==
        std::vector<std::size_t>{0});
}

TEST_CASE("the initial state is the first step") {
  const RunDocument right = make_run({.change = flip(-1, "init.lnf.weight", 2, 4)});
  const RunComparison comparison = compare(make_run(), right);
  CHECK(comparison.parts[0].first->place == Place{"reference", -1, "init.lnf.weight"});
}

TEST_CASE("dumps of the same place are compared, in the order of execution") {
  const std::vector<Place> kept = {
      {"reference", 4, "param.wte"}, {"reference", 2, "loss"}, {"reference", 2, "lane.ftz"}};
  const RunDocument left = make_run({.kept = kept});
  const RunDocument right = make_run({.change =
                                          [](const Place& place, std::vector<std::uint32_t>& words) {
                                            if (place.step >= 1 && place.op != "lane.ftz") words[0] ^= 2;
                                          },
                                      .kept = kept});
  const PartComparison part = compare(left, right).parts.front();
  CHECK(part.first->place == Place{"reference", 1, "data.tokens"});
  CHECK_FALSE(part.first->elements.has_value());
  REQUIRE(part.dumps.size() == 2);
  CHECK(part.dumps[0].place == kept[1]);
  CHECK(part.dumps[1].place == kept[0]);
  CHECK(part.dumps[1].elements.max_ulp == 2);
}

TEST_CASE("a shorter run is compared as far as it goes") {
  const RunDocument whole = make_run({.steps = 6});
  const RunDocument beginning = make_run({.steps = 2});
  const RunComparison comparison = compare(whole, beginning);
  CHECK(comparison.equal());
  CHECK(comparison.compared_steps == 2);
  CHECK(comparison.parts[0].steps.size() == 3);
  CHECK(whole.root != beginning.root);
  CHECK(compare(beginning, make_run({.change = flip(4, "loss", 0, 1)})).equal());
  CHECK_FALSE(compare(beginning, make_run({.change = flip(1, "loss", 0, 1)})).equal());
}

TEST_CASE("runs of different sizes are not compared") {
  const RunDocument left = make_run();
  RunDocument right = make_run();
  SECTION("another size") {
    right.size = "other";
  }
  SECTION("another page") {
    right.spec = "probe-spec/2";
  }
  SECTION("other tensors") {
    right.step_ops[2].shape = {8, 8};
  }
  try {
    compare(left, right);
    FAIL("they were compared");
  } catch (const envlock::core::Error& error) {
    CHECK(error.diagnostics().front().code == "probe-runs-incomparable");
  }
  const RunGroups groups = group({left, left, right});
  REQUIRE(groups.against_first.size() + 1 == groups.groups.size());
  for (const RunComparison& each : groups.against_first) CHECK_FALSE(each.same_size);
}

TEST_CASE("facts that differ are told by name, in order") {
  const RunDocument left = make_run();
  RunDocument right = make_run();
  right.facts.threads = 1;
  right.facts.device_name = "Another";
  right.facts.details = {{"isa", "scalar"}};
  right.facts.environment = {{"LD_PRELOAD", "libfast.so"}};
  right.facts.seconds = 99;
  right.fp_settings = {{"flush-to-zero"}, {"flush-to-zero"}};
  CHECK(compare(left, right).facts ==
        std::vector<std::string>{"$LD_PRELOAD: nothing and libfast.so", "cores: 2 and nothing",
                                 "device name: Invented Processor 9000 and Another",
                                 "fp settings: default and flush-to-zero", "isa: avx2 and scalar", "threads: 2 and 1"});
}

TEST_CASE("runs are grouped by their roots, the largest group first") {
  const RunDocument good = make_run();
  const RunDocument odd = make_run({.change = flip(3, "fwd.embed", 1, 1)});
  const RunDocument other = make_run({.change = flip(0, "lane.ftz", 1, 1, "as-found")});
  RunGroups groups = group({odd, good, other, good, good});
  CHECK(groups.groups == std::vector<std::vector<std::size_t>>{{1, 3, 4}, {0}, {2}});
  REQUIRE(groups.against_first.size() == 2);
  CHECK(groups.against_first[0].parts[0].first->place == Place{"reference", 3, "fwd.embed"});
  CHECK_FALSE(groups.against_first[1].parts[0].first.has_value());
  CHECK(groups.against_first[1].parts[1].first->place == Place{"as-found", 0, "lane.ftz"});
  groups = group({good, good});
  CHECK(groups.groups == std::vector<std::vector<std::size_t>>{{0, 1}});
  CHECK(groups.against_first.empty());
  CHECK(group({}).groups.empty());
}
