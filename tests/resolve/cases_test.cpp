#include <algorithm>
#include <fstream>

#include "case_file.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace envlock;
using namespace envlock_test;

namespace {

std::vector<std::filesystem::path> case_paths() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(ENVLOCK_SOURCE_DIR) / "fixtures" / "solver")) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

TEST_CASE("every solver case comes out as its file says") {
  const auto paths = case_paths();
  REQUIRE(paths.size() >= 40);
  for (const auto& path : paths) {
    INFO(path.filename().string());
    const CaseFile file = read_case(path);
    core::Notes notes;
    const auto lines = outcome_lines(resolve::conda(file.requests, file.index(), file.options, notes));
    if (updating()) {
      std::ofstream(path) << file.head << joined(lines);
    } else {
      CHECK(joined(lines) == joined(file.expected));
    }
  }
}

TEST_CASE("neither the order of records nor that of requests changes a solver case") {
  for (const auto& path : case_paths()) {
    INFO(path.filename().string());
    CaseFile file = read_case(path);
    core::Notes notes;
    const auto want = outcome_lines(resolve::conda(file.requests, file.index(), file.options, notes));
    std::reverse(file.records.begin(), file.records.end());
    std::reverse(file.requests.begin(), file.requests.end());
    CHECK(joined(outcome_lines(resolve::conda(file.requests, file.index(), file.options, notes))) == joined(want));
  }
}
