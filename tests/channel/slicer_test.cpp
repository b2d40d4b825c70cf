#include "slicer.h"

#include <random>

#include "channel_writer.h"
#include "json_scan.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock_test;

namespace {

/// Where the value that starts at 0 ends, one byte after another. A backslash counts outside strings as well, where no
/// JSON has one.
std::size_t slow_end(const std::string& text) {
  int depth = 0;
  bool in_string = false;
  bool escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool free = !escaped;
    escaped = free && c == '\\';
    if (c == '"' && free) in_string = !in_string;
    if (in_string) continue;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i + 1;
  }
  return std::string::npos;
}

std::string random_value(std::mt19937& random) {
  std::string text = "{";
  const std::string alphabet = "\\\\\\\"\"{}[]ab,: \n";
  const std::size_t size = random() % 300;
  for (std::size_t i = 0; i < size; ++i) text += alphabet[random() % alphabet.size()];
  return text;
}

}  // namespace

TEST_CASE("the block scan finds the end that a byte scan finds, however its input is cut") {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_value(random);
    const std::size_t expected = slow_end(text);
    channel::NestedScan scan;
    std::size_t at = 0;
    while (at < text.size() && !scan.done()) {
      const std::size_t size = std::min<std::size_t>(text.size() - at, 1 + random() % 150);
      at += scan.feed(text.data() + at, size);
    }
    INFO(text);
    REQUIRE(scan.done() == (expected != std::string::npos));
    if (scan.done()) REQUIRE(at == expected);
  }
}

TEST_CASE("the size of the buffer makes no difference") {
  Json made = document("linux-64");
  for (int i = 0; i < 20; ++i) {
    Json each = record("name" + std::to_string(i % 5), std::to_string(i), "0");
    each["summary"] = std::string(static_cast<std::size_t>(i) * 13, '"') + "\\";
    add(made, each, i % 3 == 0 ? ".tar.bz2" : ".conda");
  }
  made["removed"] = {"name1-1-0.conda"};
  made["unknown"] = {{"x", Json::array({1.5, true, nullptr, "}", Json::object()})}};
  const std::string text = made.dump(2);
  const std::string expected(channel::slice_repodata(text, "x").bytes());
  for (std::size_t size = 64; size < 700; size += 3) {
    channel::MemorySource source(text);
    channel::SliceOptions options;
    options.buffer_bytes = size;
    REQUIRE(channel::slice_repodata(source, options).bytes() == expected);
  }
}

TEST_CASE("a key stands for the name in front of its last two hyphens") {
  std::string buffer;
  using channel::name_of_key;
  using channel::Section;
  CHECK(name_of_key("scikit-learn-1.0-py_0.conda", Section::conda, buffer) == "scikit-learn");
  CHECK(name_of_key("R-1.0-0.tar.bz2", Section::tar_bz2, buffer) == "r");
  CHECK(name_of_key("scikit-learn-1.0-py_0", Section::v3_conda, buffer) == "scikit-learn");
  for (const std::string bad :
       {"", "a.conda", "a-1.conda", "-1-0.conda", "a-1-0.zip", "../a-1-0.conda", "a b-1-0.conda"}) {
    INFO(bad);
    CHECK(name_of_key(bad, Section::conda, buffer).empty());
  }
}
