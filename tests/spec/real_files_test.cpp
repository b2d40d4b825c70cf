#include <algorithm>
#include <filesystem>

#include "reading.h"
#include "support/shared_data.h"

using namespace envlock_test;

// Counted with PyYAML over the same files: the conda specs and the pip lines, less two lines that repeat another.
TEST_CASE("every environment file of real projects is read whole") {
  const auto shared = shared_folder();
  if (!shared || !std::filesystem::is_directory(*shared / "data" / "environment-yml")) {
    WARN("skipped: no shared data");
    return;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(*shared / "data" / "environment-yml")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() == 85);
  std::size_t requests = 0;
  std::size_t pip = 0;
  for (const auto& file : files) {
    envlock::core::Notes notes;
    INFO(file.filename().string());
    envlock::spec::Spec spec;
    REQUIRE_NOTHROW(spec = envlock::spec::read({file}, notes));
    requests += spec.requests.size();
    pip += spec.pip.size();
  }
  CHECK(requests == 1539);
  CHECK(pip == 819);
}

TEST_CASE("the example files of the project are read as their page says") {
  const std::filesystem::path folder = std::filesystem::path(ENVLOCK_SOURCE_DIR) / "fixtures" / "environments";
  envlock::core::Notes notes;
  const auto spec = envlock::spec::read({folder / "every-key.yml", folder / "dev.yml"}, notes);
  CHECK(spec.requests.size() == 7);
  CHECK(spec.pip.size() == 2);
  CHECK(spec.nodefaults);
  CHECK(envlock::spec::requests_for(spec, "linux-64").size() == 6);
  CHECK(envlock::spec::requests_for(spec, "win-64").size() == 5);
  try {
    envlock::spec::read({folder / "many-mistakes.yml"}, notes);
    FAIL("must throw");
  } catch (const envlock::core::Error& error) {
    std::vector<std::string> places;
    for (const auto& mistake : error.diagnostics()) places.push_back(Outcome::place(mistake));
    CHECK(places == Texts{"invalid-name 1:7 6", "not-a-list 2:11 11", "unknown-platform 3:13 7",
                          "unknown-platform 3:22 6", "invalid-variable-name 5:3 3", "number-as-dependency 7:5 4",
                          "invalid-spec 10:11 6", "invalid-selector 11:25 4", "unknown-installer 12:5 5",
                          "nested-list 13:5 8", "requests-contradict 9:5 11"});
  }
}
