#include "envlock/torch/torch_result.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/digest_tree.h"
#include "envlock/torch/program.h"
#include "support/catch.h"

using namespace envlock;

namespace {

const std::string kRoot(64, 'a');
const std::string kOtherRoot(64, 'b');

core::Sha256 leaf_of(std::uint32_t word) {
  const std::array<std::uint32_t, 1> words{word};
  return probe::leaf_digest(words, probe::ElementType::f32, nullptr);
}

/// A result as the program writes it, of two ops and a step of training.
std::string sound_result() {
  return R"({"format": "envlock-torch-result", "version": 1, "spec": "probe-tiers/1", "tier": "torch", "subject": "as-found",
    "outcome": "ran", "trouble": "", "threads": 2, "import_seconds": 1.5, "seconds": 0.5, "sections": [
    {"name": "ops", "initial_ops": [{"name": "math.exp", "type": "f32", "dtype": "float32", "shape": [128, 128]},
      {"name": "half.mm-f16", "type": "u32", "dtype": "none", "shape": [1]}], "initial": [")" +
         kRoot + R"(", ")" + kOtherRoot + R"("], "step_ops": [], "steps": []},
    {"name": "training", "initial_ops": [{"name": "init.wte", "type": "f32", "dtype": "float32", "shape": [256, 64]}], "initial": [")" +
         kRoot +
         R"("], "step_ops": [{"name": "loss", "type": "f32", "dtype": "float32", "shape": [1]}], "steps": [{"loss": "40b12a18", "roots": [")" +
         core::format(leaf_of(0x40b12a18)) + R"("]}]}],
    "failures": [{"section": "ops", "op": "half.mm-f16", "error": "RuntimeError: not implemented"}],
    "nans": [{"section": "training", "step": 3, "op": "loss", "count": 1}, {"section": "training", "step": 4, "op": "loss", "count": 1}],
    "wrong": [{"section": "ops", "op": "exact.mm", "index": [1, 2], "want": "40800000", "have": "40a00000", "wrong": 1, "total": 256}],
    "canaries_before": [{"name": "subnormal results", "threads": []}], "canaries_after": [{"name": "subnormal results", "threads": [1]}],
    "fp_settings": [[], ["flush-to-zero"]], "details": [["torch", "1.13.1"]], "mapped": ["/lib/libc.so.6"]})";
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = sound_result();
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string why_refused(const std::string& text) {
  try {
    torch::read_torch_result(text);
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().code == "torch-result-malformed");
    return error.diagnostics().front().why.front();
  }
  return "it was read";
}

std::string in_one_line(std::string text) {
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text + "\n";
}

}  // namespace

TEST_CASE("a result becomes a run of a tier") {
  const probe::TierRun run = torch::read_torch_result(sound_result());
  CHECK(run.tier == "torch");
  CHECK(run.subject == "as-found");
  CHECK(run.outcome == probe::TierRun::Outcome::ran);
  CHECK(run.threads == 2);
  CHECK(run.seconds == 2.0);
  REQUIRE(run.sections.size() == 2);
  CHECK(run.sections[0].record.steps.size() == 1);
  CHECK(run.sections[1].record.steps.size() == 2);
  CHECK(run.sections[1].record.steps[1].loss_bits == 0x40b12a18);
  CHECK(run.sections[0].record.steps[0].ops[0] ==
        probe::op_digest("math.exp", probe::ElementType::f32, {128, 128}, *core::parse_sha256(kRoot)));
  REQUIRE(run.wrong.size() == 1);
  CHECK(run.wrong[0].exact);
  CHECK(run.wrong[0].index == std::vector<int>{1, 2});
  CHECK_FALSE(run.canaries_after[0].ok);
  CHECK(run.canaries_before[0].ok);
  CHECK(run.fp_settings == std::vector<std::vector<std::string>>{{}, {"flush-to-zero"}});
  CHECK(run.details == std::vector<std::pair<std::string, std::string>>{
                           {"torch", "1.13.1"},
                           {"not computed: ops half.mm-f16", "RuntimeError: not implemented"},
                           {"nans: training loss", "1, at first in step 3"}});
  CHECK(run.mapped.front().path == "/lib/libc.so.6");
}

TEST_CASE("a run of a tier that was read can be written and read again") {
  const probe::TierRun run = torch::read_torch_result(sound_result());
  CHECK(probe::parse_tier_run(probe::format(run), "again") == run);
}

TEST_CASE("a result that is not what the program writes is refused with its place") {
  CHECK(why_refused("{") == "a line is neither a mark nor JSON");
  CHECK(why_refused("[]") == "`the whole` must be an object");
  CHECK(why_refused(changed("\"version\": 1", "\"version\": 2")) == "`version` must be a whole number from 1 to 1");
  CHECK(why_refused(changed("probe-tiers/1", "probe-tiers/2")) == "`spec` must be `probe-tiers/1`");
  CHECK(why_refused(changed("\"tier\": \"torch\"", "\"tier\": \"blas\"")) == "`tier` must be `torch` or `numpy`");
  CHECK(why_refused(changed("[128, 128]", "[]")) ==
        "`sections[0].initial_ops[0].shape` must be the dimensions of a tensor that a machine could hold");
  CHECK(why_refused(changed("[128, 128]", "[1073741824, 1073741824]")) ==
        "`sections[0].initial_ops[0].shape` must be the dimensions of a tensor that a machine could hold");
  CHECK(why_refused(changed("[128, 128]", "[1.5]")) ==
        "`sections[0].initial_ops[0].shape[0]` must be a whole number from 1 to 1073741824");
  CHECK(why_refused(changed("[128, 128]", "[-1]")) ==
        "`sections[0].initial_ops[0].shape[0]` must be a whole number from 1 to 1073741824");
  CHECK(why_refused(changed("[128, 128]", "[18446744073709551615]")) ==
        "`sections[0].initial_ops[0].shape[0]` must be a whole number from 1 to 1073741824");
  CHECK(why_refused(changed("\"math.exp\"", "\"math exp\"")) ==
        "`sections[0].initial_ops[0].name` must be a word of visible ASCII characters");
  CHECK(why_refused(changed("\"math.exp\"", "\"half.mm-f16\"")) ==
        "`sections[0].initial_ops[1]` must be an op of another name than those before it");
  CHECK(why_refused(changed(", \"" + kOtherRoot + "\"", "")) ==
        "`sections[0].initial` must be an array of 2 digests, one for each op");
  CHECK(why_refused(changed(kRoot, "aaaa")) == "`sections[0].initial[0]` must be a SHA-256");
  CHECK(why_refused(changed("40b12a18", "40b12a19")) ==
        "`sections[1].steps[0].loss` must be the bits of the tensor `loss`");
  CHECK(why_refused(changed("\"name\": \"training\"", "\"name\": \"ops\"")) ==
        "`sections[1]` must be a section of another name than those before it");
  CHECK(why_refused(changed("\"seconds\": 0.5", "\"seconds\": -1")) == "`seconds` must be a number of seconds");
  CHECK(why_refused(changed("\"threads\": 2,", "\"threads\": 2, \"threads\": 2,")) ==
        "the key `threads` stands twice in one object");
  CHECK(why_refused(changed("[128, 128]", "[[[[[[[[[]]]]]]]]]")) == "it nests more than 8 deep");
}

TEST_CASE("of an output that was cut off the runs that ended remain, and where the next one stopped") {
  const std::string whole = "@stage start\n@run torch as-found\n@stage ops math.exp\n" + in_one_line(sound_result());
  const torch::ProgramOutput ended = torch::read_program_output(whole);
  CHECK(ended.runs.size() == 1);
  CHECK_FALSE(ended.unfinished);

  const torch::ProgramOutput cut =
      torch::read_program_output(whole + "@run torch deterministic\n@stage training step 3\n{\"format\": \"envl");
  CHECK(cut.runs.size() == 1);
  REQUIRE(cut.unfinished);
  CHECK(cut.unfinished->subject == "deterministic");
  CHECK(cut.unfinished->stage == "training step 3");

  const torch::ProgramOutput nothing = torch::read_program_output("");
  CHECK(nothing.runs.empty());
  CHECK(nothing.unfinished->tier == "python");
  CHECK(nothing.unfinished->stage == "starting");

  CHECK_THROWS_AS(torch::read_program_output("Hello from a library\n"), core::Error);
  CHECK_THROWS_AS(torch::read_program_output("@run torch\n"), core::Error);
}

TEST_CASE("python runs the program that is within this one") {
  const std::filesystem::path python = "/usr/bin/python3";
  if (!std::filesystem::exists(python)) {
    WARN("skipped: there is no /usr/bin/python3");
    return;
  }
  constexpr int kAnswer = 3;
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    if (ends[1] != kAnswer) dup2(ends[1], kAnswer);
    try {
      torch::become_program(python, {.tier = "auto", .steps = 1, .descriptor = kAnswer});
    } catch (const core::Error&) {
      _exit(1);
    }
  }
  close(ends[1]);
  std::string output;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    output.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  const torch::ProgramOutput read = torch::read_program_output(output);
  CHECK_FALSE(read.unfinished);
  REQUIRE_FALSE(read.runs.empty());
  for (const probe::TierRun& run : read.runs) {
    INFO(run.trouble);
    CHECK((run.outcome == probe::TierRun::Outcome::ran || run.trouble.starts_with("ModuleNotFoundError")));
    CHECK(run.wrong.empty());
  }
}

TEST_CASE("a python that is not there is an error with its path") {
  CHECK_THROWS_AS(torch::become_program("/nowhere/python3", {}), core::Error);
}
