#include "envlock/probe/run_document.h"

#include <cctype>
#include <random>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/run.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/probe_runs.h"

using namespace envlock::probe;
using envlock::core::Diagnostic;
using envlock_test::flip;
using envlock_test::InventedRun;
using envlock_test::make_run;

namespace {

/// What reading this text complains of; an empty code when it is read.
Diagnostic complaint(std::string_view text) {
  try {
    parse_run_document(text, "run.json");
    return {};
  } catch (const envlock::core::Error& error) {
    return error.diagnostics().front();
  }
}

std::string code(std::string_view text) {
  return complaint(text).code;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// Where every digest of a document begins.
std::vector<std::size_t> digests_in(const std::string& text) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i + 66 <= text.size(); ++i) {
    if (text[i] != '"' || text[i + 65] != '"') continue;
    bool hex = true;
    for (std::size_t j = 1; hex && j <= 64; ++j) hex = std::isxdigit(static_cast<unsigned char>(text[i + j])) != 0;
    if (hex) places.push_back(i + 1);
  }
  return places;
}

std::string with_another_digit(std::string text, std::size_t at, unsigned random) {
  constexpr const char* kDigits = "0123456789abcdef";
  const char old = text[at];
  do text[at] = kDigits[random++ % 16];
  while (text[at] == old);
  return text;
}

/// One of everything that a document can hold.
RunDocument full_document() {
  InventedRun invented{.steps = 3, .change = flip(1, "fwd.0.mlp.up", 1100, 3, "as-found"), .kept = {}};
  invented.kept = {{"reference", 1, "fwd.0.mlp.up"}, {"as-found", 1, "fwd.0.mlp.up"}, {"reference", -1, "init.wte"}};
  RunDocument document = make_run(invented);
  document.as_found_difference->elements = ElementDifference{.compared = 1280,
                                                             .total = 1280,
                                                             .differing = 1,
                                                             .max_ulp = 8,
                                                             .first_index = {1, 2, 140},
                                                             .want_bits = 0x3e500000,
                                                             .have_bits = 0x3e500008};
  document.as_found_difference->truth = "the reference part";
  document.fp_settings = {{"flush-to-zero", "rounding upward"}, {}};
  document.canaries[0] = {"subnormal results", false, {0, 1}};
  document.nans = {{{"reference", 2, "fwd.logits"}, 3}};
  document.repeat.runs = 2;
  document.repeat.wrong = Repeat::Wrong::unknown;
  document.repeat.difference = *document.as_found_difference;
  document.repeat.difference->place.part = "reference";
  document.repeat.difference->elements.reset();
  document.facts.environment = {{"LD_PRELOAD", "a \"quoted\" path\n"}, {"OMP_NUM_THREADS", "2"}};
  document.verdict = judge(document);
  return document;
}

RunDocument real_run(int steps, const Disturb& disturb = {}, const std::vector<Place>& dumps = {}) {
  const Plan plan = make_plan(find_size("quick"));
  RunOptions options;
  options.steps = steps;
  options.dumps = dumps;
  options.make_backend = [&](FpMode mode) {
    return make_cpu_backend(plan, {.isa = "", .threads = 1, .fp_mode = mode, .digests = true, .disturb = disturb});
  };
  return run(plan, options);
}

}  // namespace

TEST_CASE("what is written is read back as it was") {
  for (const RunDocument& document : {make_run(), make_run({.steps = 0}), full_document()}) {
    const std::string text = format(document);
    CHECK(parse_run_document(text, "x") == document);
    CHECK(format(parse_run_document(text, "x")) == text);
  }
}

TEST_CASE("losses of every kind are read back") {
  for (const std::uint32_t bits :
       {0x00000000u, 0x80000000u, 0x00000001u, 0x7f800000u, 0xff800000u, 0x7fc00000u, 0x7fffffffu, 0x3f800000u}) {
    const RunDocument document = make_run({.steps = 1, .change = [&](const Place& place, auto& words) {
                                             if (place.op == "loss") words[0] = bits;
                                           }});
    CHECK(parse_run_document(format(document), "x") == document);
  }
}

TEST_CASE("a document has the bytes that its page describes") {
  InventedRun invented{.steps = 1, .change = {}, .kept = {{"reference", 0, "fwd.embed"}}};
  CHECK(envlock_test::compare_with_golden("probe/invented-run.json", format(make_run(invented))) == "");
}

TEST_CASE("a real run is read back, with the golden digests held against it again") {
  const RunDocument document = real_run(1, {}, {{"reference", 0, "fwd.0.attn.probs"}});
  CHECK(document.golden_compared > 0);
  CHECK(document.verdict == Verdict::as_specified);
  CHECK(parse_run_document(format(document), "x") == document);
}

TEST_CASE("one digit of any digest changed is found") {
  const std::string text = format(make_run({.steps = 2, .change = {}, .kept = {{"reference", 1, "fwd.0.mlp.up"}}}));
  const std::vector<std::size_t> places = digests_in(text);
  REQUIRE(places.size() > 50);
  const unsigned seed = GENERATE(1u, 2u);
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const std::size_t place : places) {
    const std::size_t at = place + random() % 64;
    INFO("digit " << at);
    CHECK(code(with_another_digit(text, at, static_cast<unsigned>(random()))) == "probe-run-edited");
  }
}

TEST_CASE("one digit of a finding of a real run changed is found") {
  const Plan plan = make_plan(find_size("quick"));
  const auto up = static_cast<TensorId>(
      std::find_if(plan.tensors.begin(), plan.tensors.end(), [](const Tensor& t) { return t.name == "fwd.1.mlp.up"; }) -
      plan.tensors.begin());
  const RunDocument document = real_run(1, [&](int step, TensorId tensor, std::span<std::uint32_t> words) {
    if (step == 0 && tensor == up) words[70] ^= 1u << 20;
  });
  REQUIRE(document.verdict == Verdict::miscomputed);
  const std::string text = format(document);
  CHECK(code(text) == "");
  const std::size_t begin = text.find("\"mismatch\"");
  for (const std::size_t place : digests_in(text)) {
    if (place < begin) continue;
    CHECK(code(with_another_digit(text, place + place % 64, 3)) == "probe-run-edited");
    if (place > text.find("\"fp_settings\"")) break;
  }
  SECTION("and so is a finding that was taken out") {
    RunDocument innocent = document;
    innocent.golden_mismatch.reset();
    innocent.verdict = Verdict::as_specified;
    CHECK(code(format(innocent)) == "probe-run-edited");
  }
  SECTION("and one that was made smaller") {
    RunDocument smaller = document;
    smaller.golden_mismatch->differing_ops = 1;
    CHECK(code(format(smaller)) == "probe-run-edited");
  }
}

TEST_CASE("an edit is told with its place") {
  RunDocument document = make_run();
  SECTION("an op digest, named by the part that has the right one") {
    document.parts[0].steps[3].ops[4].bytes[7] ^= 1;
    const Diagnostic found = complaint(format(document));
    CHECK(found.what == "an op digest in step 2 of part `reference` was changed");
    CHECK(found.why.back() == "part `as-found` claims the same root and has another digest of `fwd.logits`");
  }
  SECTION("a step's root") {
    document.parts[1].steps[0].root.bytes[0] ^= 1;
    CHECK(complaint(format(document)).what == "the root of the initial state of part `as-found` was changed");
  }
  SECTION("a link of the chain") {
    document.parts[0].steps[6].chain.bytes[0] ^= 1;
    CHECK(complaint(format(document)).what == "the chain is broken at step 5 of part `reference`");
  }
  SECTION("two steps exchanged") {
    std::swap(document.parts[0].steps[2], document.parts[0].steps[3]);
    CHECK(complaint(format(document)).what == "the chain is broken at step 1 of part `reference`");
  }
  SECTION("a part's root") {
    document.parts[0].root.bytes[0] ^= 1;
    CHECK(complaint(format(document)).what == "the root of part `reference` was changed");
  }
  SECTION("the document's root") {
    document.root.bytes[0] ^= 1;
    CHECK(complaint(format(document)).what == "the root of the document was changed");
  }
  SECTION("a loss that is not the digested one") {
    document.parts[0].steps[2].loss_bits ^= 1;
    CHECK(complaint(format(document)).what ==
          "the loss of step 1 of part `reference` is not the one that was digested");
  }
  SECTION("a part's difference from the other, hidden") {
    document = make_run({.change = flip(2, "bwd.0.in", 5, 0, "as-found")});
    document.as_found_difference.reset();
    document.verdict = judge(document);
    CHECK(complaint(format(document)).what ==
          "the difference of part `as-found` from `reference` is not what their digests show");
  }
  SECTION("a verdict") {
    document.verdict = Verdict::miscomputed;
    CHECK(complaint(format(document)).what == "the verdict is not the one that the findings lead to");
  }
  CHECK(complaint(format(document)).code == "probe-run-edited");
  CHECK(complaint(format(document)).where->file == "run.json");
}

TEST_CASE("leaves and dumps must be those of their tensor") {
  RunDocument document = make_run({.kept = {{"reference", 3, "fwd.0.mlp.up"}}});
  REQUIRE(code(format(document)) == "");
  SECTION("a leaf") {
    document.leaves[0].digests[1].bytes[3] ^= 4;
  }
  SECTION("a leaf too few") {
    document.leaves[0].digests.pop_back();
  }
  SECTION("a word") {
    document.dumps[0].words[1279] ^= 1;
  }
  SECTION("a word too few") {
    document.dumps[0].words.pop_back();
  }
  CHECK(code(format(document)) == "probe-run-edited");
}

TEST_CASE("the words of a cut dump are held against the leaves") {
  RunDocument document = make_run({.steps = 0});
  const OpInfo large{"fwd.large", ElementType::f32, {70, 1024}};
  std::vector<std::uint32_t> words(70 * 1024, 0x3f800000);
  const std::vector<envlock::core::Sha256> leaves = tensor_leaves(words, large.type, nullptr);
  document.initial_ops.push_back(large);
  for (PartRecord& part : document.parts) {
    part.steps[0].ops.push_back(op_digest(large.name, large.type, large.shape, tree_root(leaves)));
  }
  envlock_test::seal(document);
  document.leaves.push_back({{"reference", -1, large.name}, leaves});
  words.resize(kMostDumpedWords);
  document.dumps.push_back({{"reference", -1, large.name}, words});
  CHECK(code(format(document)) == "");
  document.dumps[0].words[5000] ^= 1;
  CHECK(complaint(format(document)).what ==
        "the dump of `fwd.large` in the initial state of part `reference` was changed in chunk 4");
}

TEST_CASE("a document of the page's sizes has the page's tensors") {
  RunDocument document = make_run();
  document.size = "quick";
  envlock_test::seal(document);
  CHECK(complaint(format(document)).what == "the tensors of the initial state are not those of size `quick`");
}

TEST_CASE("a document that was cut off is refused, wherever") {
  const std::string text = format(full_document());
  for (std::size_t length = 0; length + 2 < text.size(); length += 1 + length / 50) {
    INFO("length " << length);
    CHECK(code(std::string_view(text).substr(0, length)) == "probe-run-malformed");
  }
  CHECK(complaint(std::string_view(text).substr(0, text.size() / 2)).what == "the document ends in the middle");
  CHECK(code(text.substr(0, text.size() - 1)) == "");  // only the last line end is gone
}

TEST_CASE("a key that stands twice is refused") {
  const std::string text = format(make_run({.steps = 1}));
  CHECK(complaint(replaced(text, "\"size\":", "\"size\": \"quick\", \"size\":")).what ==
        "the key `size` stands twice in one object");
  CHECK(code(replaced(text, "\"device\":", "\"device\": \"gpu\", \"device\":")) == "probe-run-malformed");
}

TEST_CASE("what is not JSON is refused with its place") {
  const Diagnostic found = complaint("{\n  \"format\": nonsense\n}\n");
  CHECK(found.code == "probe-run-malformed");
  CHECK(found.where->line == 2);
  CHECK(found.where->text == "  \"format\": nonsense");
  CHECK(code("") == "probe-run-malformed");
  CHECK(code("[]") == "probe-run-malformed");
  CHECK(code("null") == "probe-run-malformed");
  CHECK(code("\xff\xfe") == "probe-run-malformed");
  CHECK(code(std::string(100, '\0')) == "probe-run-malformed");
}

TEST_CASE("documents that are huge, deep or of too many values are refused without a struggle") {
  CHECK(complaint(std::string((std::size_t{64} << 20) + 1, ' ')).what.find("67108865 bytes") != std::string::npos);
  CHECK(code(std::string(1'000'000, '[')) == "probe-run-malformed");
  CHECK(complaint(std::string(100, '[') + std::string(100, ']')).what == "the document nests more than 32 deep");
  std::string values = "[0";
  for (int i = 0; i < 1'000'000; ++i) values += ",0";
  CHECK(complaint(values + "]").what.find("more than 1000000 values") != std::string::npos);
}

TEST_CASE("another format, another version and another page are told apart") {
  const std::string text = format(make_run({.steps = 1}));
  CHECK(complaint(replaced(text, "envlock-probe-run", "envlock-lock")).what ==
        "this is a document of format `envlock-lock`, not of a run");
  const Diagnostic version = complaint(replaced(text, "\"version\": 1", "\"version\": 2"));
  CHECK(version.code == "probe-run-version");
  CHECK(version.what == "the document is of version 2, and this envlock reads version 1");
  const Diagnostic spec = complaint(replaced(text, "probe-spec/1", "probe-spec/2"));
  CHECK(spec.code == "probe-run-spec");
  CHECK(spec.what == "the run follows `probe-spec/2`, and this envlock knows `probe-spec/1`");
}

TEST_CASE("members that are missing or of another kind are named") {
  const std::string text = format(make_run({.steps = 1}));
  for (const char* key : {"format", "version", "spec", "size", "steps", "root", "verdict", "golden", "fp_settings",
                          "canaries", "nans", "repeat", "facts", "ops", "parts", "leaves", "dumps"}) {
    const std::string quoted = "\"" + std::string(key) + "\":";
    INFO(key);
    CHECK(code(replaced(text, quoted, "\"another\":")) == "probe-run-malformed");
  }
  CHECK(complaint(replaced(text, "\"steps\": 1", "\"steps\": \"1\"")).what.starts_with("`steps` must be an integer"));
  CHECK(complaint(replaced(text, "\"steps\": 1", "\"steps\": 2")).what ==
        "`parts[0].steps` must be an array of the initial state and 2 steps, as `steps` says");
  CHECK(complaint(replaced(text, "\"step\": -1", "\"step\": 0")).what ==
        "`parts[0].steps[0].step` must be an integer from -1 to -1");
  CHECK(complaint(replaced(text, "\"verdict\": \"", "\"verdict\": \"very ")).what.starts_with("`verdict` must be"));
  CHECK(complaint(replaced(text, "\"init.wte\"", "\"init.lnf.weight\"")).what ==
        "`ops.initial[1]` must be a tensor of another name than those before it");
  CHECK(complaint(replaced(text, "\"init.wte\"", "\"init\\nwte\"")).what ==
        "`ops.initial[0].name` must be a word of visible ASCII characters");
  CHECK(complaint(replaced(text, "[4, 8]", "[4, 0]")).what.starts_with("`ops.initial[0].shape[1]` must be"));
  CHECK(
      complaint(replaced(text, "[4, 8]", "[2147483647, 2147483647]")).what.starts_with("`ops.initial[0].shape` must"));
  CHECK(complaint(replaced(text, "\"f32\"", "\"f64\"")).what == "`ops.initial[0].type` must be `f32` or `u32`");
  CHECK(complaint(replaced(text, "\"as-found\"", "\"reference\"")).what ==
        "`parts[1].name` must be another name than that of the parts before it");
}

TEST_CASE("a digest in capitals, or a number that its own hexadecimal form contradicts, is refused") {
  std::string text = format(make_run({.steps = 1}));
  const std::size_t hex = text.find("\"hex\"", text.find("\"loss\""));
  CHECK(complaint(std::string(text).replace(hex, 8, "\"hex\": \"1")).what.find("as its bits say") != std::string::npos);
  const std::size_t digest = digests_in(text).front();
  const std::size_t letter = text.find_first_of("abcdef", digest);
  text[letter] = static_cast<char>(text[letter] - 'a' + 'A');
  CHECK(code(text) == "probe-run-malformed");
}

TEST_CASE("places that the document does not hold are refused") {
  RunDocument document = make_run();
  SECTION("leaves of another part") {
    document.leaves.push_back({{"third", 0, "loss"}, {{}}});
  }
  SECTION("a dump of a step that was not run") {
    document.dumps.push_back({{"reference", 6, "loss"}, {0}});
  }
  SECTION("NaNs in an unknown tensor") {
    document.nans.push_back({{"reference", 0, "fwd.7"}, 1});
  }
  CHECK(code(format(document)) == "probe-run-malformed");
}

TEST_CASE("members that are not known are passed over") {
  const RunDocument document = make_run({.steps = 1});
  const std::string text =
      replaced(replaced(format(document), "\"size\":", "\"colour\": [1, 2.5, {\"a\": null}], \"size\":"),
               "\"device\":", "\"mood\": true, \"device\":");
  CHECK(parse_run_document(text, "x") == document);
}

TEST_CASE("a document is known by its format, however it is laid out") {
  CHECK(is_run_document(format(make_run({.steps = 0}))));
  CHECK(is_run_document("{\"a\":1,\"format\":\"envlock-probe-run\"}"));
  CHECK(is_run_document("{\"format\" :\n \"envlock-probe-run\", trunc"));
  CHECK_FALSE(is_run_document("{\"format\": \"envlock-lock\"}"));
  CHECK_FALSE(is_run_document("envlock-probe-run"));
  CHECK_FALSE(is_run_document("\"format\""));
  CHECK_FALSE(is_run_document(""));
}

TEST_CASE("a document's findings decide its verdict") {
  RunDocument document = make_run();
  CHECK(judge(document) == Verdict::as_specified);
  const Mismatch mismatch;
  SECTION("a setting") {
    document.fp_settings[1] = {"flush-to-zero"};
    CHECK(judge(document) == Verdict::fp_environment);
    document.as_found_difference = mismatch;
    CHECK(judge(document) == Verdict::fp_environment);
    document.golden_mismatch = mismatch;  // although it was computed with the default settings
    CHECK(judge(document) == Verdict::miscomputed);
  }
  SECTION("a canary") {
    document.canaries[0].ok = false;
    CHECK(judge(document) == Verdict::fp_environment);
  }
  SECTION("golden digests") {
    document.golden_mismatch = mismatch;
    CHECK(judge(document) == Verdict::miscomputed);
    document.repeat.difference = mismatch;
    CHECK(judge(document) == Verdict::unstable);
  }
  SECTION("two parts that differ under the same settings") {
    document.as_found_difference = mismatch;
    CHECK(judge(document) == Verdict::unstable);
  }
}
