// The pages of docs/formats show each document by a golden file that another test made: they cannot fall behind.
#include <fstream>
#include <iterator>
#include <string>

#include "support/catch.h"
#include "support/golden.h"

namespace {

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The page with a fresh block after each "<!-- example: NAME -->" line.
std::string with_examples(const std::string& page) {
  const std::string beginning = "<!-- example: ";
  std::string result;
  std::size_t at = 0;
  for (std::size_t found = 0; (found = page.find(beginning, at)) != std::string::npos;) {
    const std::size_t name_begin = found + beginning.size();
    const std::size_t name_end = page.find(" -->\n", name_begin);
    const std::string name = page.substr(name_begin, name_end - name_begin);
    result += page.substr(at, name_end + 5 - at);
    result += "```json\n" + read_whole(std::string(ENVLOCK_SOURCE_DIR) + "/fixtures/golden/" + name) + "```\n";
    at = name_end + 5;
    if (page.compare(at, 8, "```json\n") == 0) at = page.find("\n```\n", at) + 5;
  }
  return result + page.substr(at);
}

}  // namespace

TEST_CASE("the pages on JSON documents show what the program writes") {
  const std::string name = GENERATE("json.md", "probe-run.md");
  const std::string path = std::string(ENVLOCK_SOURCE_DIR) + "/docs/formats/" + name;
  const std::string page = read_whole(path);
  const std::string fresh = with_examples(page);
  if (envlock_test::updating()) {
    std::ofstream(path, std::ios::binary) << fresh;
    return;
  }
  INFO("to accept: run this test program with --update, twice when golden files changed too");
  CHECK(page == fresh);
}

TEST_CASE("no document is without its example") {
  const std::string pages = read_whole(std::string(ENVLOCK_SOURCE_DIR) + "/docs/formats/json.md") +
                            read_whole(std::string(ENVLOCK_SOURCE_DIR) + "/docs/formats/probe-run.md");
  for (const char* name : {"report/errors", "report/lock-report", "report/lock-check", "report/search",
                           "report/search-here", "report/why", "report/export", "report/install", "report/artifact",
                           "report/diff", "report/verify", "report/probe-diff", "probe/invented-run"}) {
    INFO(name);
    CHECK(pages.find("<!-- example: " + std::string(name) + ".json -->\n```json\n{\n") != std::string::npos);
  }
}
