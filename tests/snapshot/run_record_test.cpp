#include "envlock/snapshot/run_record.h"

#include "envlock/core/url.h"
#include "support/catch.h"

namespace envlock::snapshot {
namespace {

RunRecord sample() {
  RunRecord record;
  record.command = {"python", "train.py", "--lr", "3e-4"};
  record.exit_code = 3;
  record.started = *core::parse_time("2026-03-02T10:00:00Z");
  record.milliseconds = 3'723'400;
  record.lock = core::sha256("lock");
  record.root = core::sha256("root");
  record.verified = "quick";
  record.git_commit = "0123456789abcdef0123456789abcdef01234567";
  record.git_dirty = true;
  record.cpu = "A processor";
  record.microarchitecture = "zen4";
  record.kernel = "6.1.0";
  record.glibc = "2.36";
  record.nvidia_driver = "550.54.15";
  record.gpus = {"NVIDIA H100", "NVIDIA H100"};
  record.environment = {{"OMP_NUM_THREADS", "8"}};
  record.outputs = {{"model.safetensors", core::sha256("weights"), 7}};
  return record;
}

TEST_CASE("a record is read back as it was written") {
  const RunRecord record = sample();
  CHECK(parse_run_record(format(record), "run.json") == record);
  RunRecord bare;
  bare.verified = "no";
  CHECK(parse_run_record(format(bare), "run.json") == bare);
}

TEST_CASE("what is no record of a run is refused, whatever is wrong with it") {
  const std::string good = format(sample());
  const auto code = [](const std::string& text) {
    try {
      parse_run_record(text, "run.json");
    } catch (const core::Error& error) {
      return error.diagnostics().front().code;
    }
    return std::string("read");
  };
  REQUIRE(code(good) == "read");
  for (std::size_t cut = 0; cut + 2 < good.size(); cut += 7) CHECK(code(good.substr(0, cut)) == "run-record-invalid");
  for (const std::string& other : {std::string("[]"), std::string("{}"), std::string(R"({"format": 3})"),
                                   std::string(R"({"format": "envlock-run-record", "version": 2})")}) {
    CHECK(code(other) == "run-record-invalid");
  }
  std::string digest = good;
  digest.replace(digest.find(core::format(core::sha256("lock"))), 4, "zzzz");
  CHECK(code(digest) == "run-record-invalid");
}

TEST_CASE("secrets within a word are masked, and no more of it") {
  CHECK(without_secrets({"HF_TOKEN=abc python t.py --lr 3", "hf_AbCdEfGhIjKlMn", "Authorization: Bearer eyJabc.def"}) ==
        std::vector<std::string>{"HF_TOKEN=*** python t.py --lr 3", "***", "Authorization: Bearer ***"});
  CHECK(!is_secret_name("TOKENIZERS_PARALLELISM"));
  CHECK(is_secret_name("HF_TOKEN"));
}

TEST_CASE("secrets among a command's words are masked, and what only sounds like one is not") {
  const std::vector<std::string> words = {"train",        "--hf-token",         "hf_abc",     "--wandb-api-key=abc",
                                          "HF_TOKEN=abc", "--tokenizer",        "gpt2",       "--max-tokens",
                                          "512",          "https://u:p@host/x", "--password", "--next"};
  const std::vector<std::string> masked = {"train",        "--hf-token",
                                           "***",          "--wandb-api-key=***",
                                           "HF_TOKEN=***", "--tokenizer",
                                           "gpt2",         "--max-tokens",
                                           "512",          core::without_secrets("https://u:p@host/x"),
                                           "--password",   "--next"};
  CHECK(without_secrets(words) == masked);
  CHECK(masked[9].find("p@") == std::string::npos);
}

}  // namespace
}  // namespace envlock::snapshot
