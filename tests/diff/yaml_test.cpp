#include "../../lib/diff/src/yaml.h"

#include <filesystem>
#include <random>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "support/catch.h"
#include "support/shared_data.h"

using envlock::diff::Yaml;
namespace core = envlock::core;
namespace fs = std::filesystem;

namespace {

/// Both readers give the same, or the fast one gives up.
void check_same(const std::string& text) {
  const std::optional<std::string> fast = Yaml::fast_outline(text);
  if (!fast) return;
  INFO(text);
  std::string full;
  try {
    full = Yaml::full_outline(text, "x.yml");
  } catch (const core::Error& error) {
    FAIL_CHECK("yaml-cpp refuses: " << error.what());
    return;
  }
  CHECK(*fast == full);
}

std::vector<std::string> seeds() {
  std::vector<std::string> texts{
      "a: 1\nb:\n- x\n- y: z\n  w: 'it''s'\n",
      "version: 6\nenvironments:\n  default:\n    channels:\n    - url: https://h/c/\n    packages:\n      linux-64:\n"
      "      - conda: https://h/c/linux-64/a-1-0.conda\n      - pypi: ./x#y\npackages:\n- conda: x\n  depends: []\n"
      "  md5: \"0\"\n  constrains:\n  - a >=1,<2\n",
      "# c\nmetadata:\n  content_hash:\n    linux-64: 1\n  sources: [a, 'b', \"c\"] # d\npackage:\n- name: x\n"
      "  dependencies: {}\n  optional: false # e\n",
      "a:\n  - - 1\n    - 2\n  - b: ~\n    c: null\n    d:\n    e: {}\n",
      "? a\n: b\n",
      "a: |\n  text\n  more\n",
      "a: &x 1\nb: *x\n",
      "a: b\n  c\n",
      "- a\n-\n- - b\n",
      "{}\n",
      "[]\n",
      "",
      "a: 'x'   # c\nb: x#y\nc: x #y\n",
      "'a b': 1\n\"c\": 2\n",
      "a:   b   \n\n\n  # c\nd:\n\n  e: f\n"};
  return texts;
}

}  // namespace

TEST_CASE("the fast reader reads what programs write as yaml-cpp does") {
  std::size_t read = 0;
  for (const std::string& text : seeds()) {
    check_same(text);
    if (Yaml::fast_outline(text)) ++read;
  }
  CHECK(read == 8);
}

TEST_CASE("the fast reader reads every real lock as yaml-cpp does") {
  const auto shared = envlock_test::shared_folder();
  if (!shared || !fs::exists(*shared / "data/locks")) {
    WARN("skipped: no shared data");
    return;
  }
  for (const char* folder : {"conda-lock", "pixi"}) {
    for (const auto& entry : fs::directory_iterator(*shared / "data/locks" / folder)) {
      const std::string text = core::read_file(entry.path());
      if (text.size() > 200000) continue;  // yaml-cpp takes its time
      INFO(entry.path().filename());
      CHECK(Yaml::fast_outline(text).has_value());
      check_same(text);
    }
  }
}

TEST_CASE("damaged texts are never read differently by the two readers") {
  const unsigned seed = 20261125;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  constexpr std::string_view kBytes = " \n:-#'\"[]{},&*!|>%@`?~\\ab0.";
  const std::vector<std::string> texts = seeds();
  for (int round = 0; round < 20000; ++round) {
    std::string text = texts[random() % texts.size()];
    for (unsigned edits = random() % 4 + 1; edits > 0 && !text.empty(); --edits) {
      const std::size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + random() % 3);
      }
    }
    check_same(text);
  }
}

TEST_CASE("what is no YAML, too deep or multiplies itself is refused with its place") {
  CHECK_THROWS_AS(Yaml("a: [1\nb: 2\n", "x.yml"), core::Error);
  std::string deep;
  for (std::size_t i = 0; i < 100; ++i) deep += std::string(i, ' ') + "a:\n";
  CHECK_THROWS_AS(Yaml(deep, "x.yml"), core::Error);
  CHECK_THROWS_AS(Yaml(std::string(5000, '[') + std::string(5000, ']'), "x.yml"), core::Error);
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'k'; ++name) {
    const std::string previous = "*" + std::string(1, static_cast<char>(name - 1));
    bomb += std::string(1, name) + ": &" + std::string(1, name) + " [";
    for (int i = 0; i < 9; ++i) bomb += (i == 0 ? "" : ", ") + previous;
    bomb += "]\n";
  }
  CHECK_THROWS_AS(Yaml(bomb, "x.yml"), core::Error);
  try {
    Yaml("a: 1\nb: [\n", "x.yml");
    FAIL("read");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().code == "lock-invalid");
    CHECK(error.diagnostics().front().where->file == "x.yml");
    CHECK(error.diagnostics().front().where->line >= 2);
  }
}
