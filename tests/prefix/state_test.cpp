#include <filesystem>
#include <map>
#include <string>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/conda_meta.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using Variables = std::map<std::string, std::string>;

namespace {

const Variables kVariables{{"B", "2"}, {"A", "x \"y\" \xc3\xa4\n\x01"}};

Variables variables_of(const std::string& state) {
  const envlock_test::TemporaryFolder folder;
  folder.write("conda-meta/state", state);
  return prefix::read_variables(folder.path());
}

}  // namespace

TEST_CASE("variables are read as they were written") {
  CHECK(variables_of(prefix::format_state(kVariables)) == kVariables);
  CHECK(prefix::format_state(kVariables) ==
        "{\n  \"env_vars\": {\n    \"A\": \"x \\\"y\\\" \xc3\xa4\\n\\u0001\",\n    \"B\": \"2\"\n  }\n}\n");
  CHECK(prefix::merge_state("", kVariables) == prefix::format_state(kVariables));
}

TEST_CASE("an environment without state has no variables") {
  const envlock_test::TemporaryFolder folder;
  CHECK(prefix::read_variables(folder.path()).empty());
  CHECK(variables_of("{}").empty());
  CHECK(variables_of(R"({"env_vars": null})").empty());
}

TEST_CASE("values that are no texts are written as Python does, and unset ones left out") {
  CHECK(variables_of(R"({"env_vars": {"A": 1, "B": true, "C": 1.5, "D": null, "E": "***unset***", "F": ""}})") ==
        Variables{{"A", "1"}, {"B", "True"}, {"C", "1.5"}, {"D", ""}, {"F", ""}});
}

TEST_CASE("other keys of a state are kept, and its variables are those of the lock") {
  CHECK(prefix::merge_state(R"({"z": [1.5, {"k": null}], "env_vars": {"OLD": "1"}, "a": "b"})", {{"N", "1"}}) ==
        "{\n  \"a\": \"b\",\n  \"env_vars\": {\n    \"N\": \"1\"\n  },\n  \"z\": [\n    1.5,\n    {\n      \"k\": "
        "null\n    }\n  ]\n}\n");
  CHECK(prefix::merge_state(R"({"a": 1, "env_vars": {"OLD": "1"}})", {}) == "{\n  \"a\": 1\n}\n");
  CHECK(prefix::merge_state(R"({"env_vars": {"OLD": "1"}})", {}).empty());
  CHECK(prefix::merge_state("", {}).empty());
}

TEST_CASE("a state that is none is refused") {
  for (const std::string text : {"", "{", "[]", R"({"env_vars": []})", R"({"env_vars": "A=1"})", "{\"a\": \"\xff\"}"}) {
    CHECK_THROWS_AS(variables_of(text), core::Error);
  }
  CHECK_THROWS_AS(variables_of(R"({"a": )" + std::string(100000, '[')), core::Error);
  CHECK_THROWS_AS(prefix::merge_state("[]", {}), core::Error);
  const envlock_test::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "conda-meta/state");
  CHECK_THROWS_AS(prefix::read_variables(folder.path()), core::Error);
}

TEST_CASE("whatever conda-meta/frozen is, it freezes") {
  const envlock_test::TemporaryFolder folder;
  CHECK_FALSE(prefix::frozen_message(folder.path()));
  const auto message = [&](const std::string& text) {
    folder.write("conda-meta/frozen", text);
    return prefix::frozen_message(folder.path());
  };
  CHECK(message(R"({"message": "in production"})") == "in production");
  CHECK(message("") == "");
  CHECK(message("in production") == "");
  CHECK(message(R"({"message": 5})") == "");
  CHECK(message(R"(["message"])") == "");
  CHECK(message(std::string(100000, '{')) == "");
  std::filesystem::remove(folder.path() / "conda-meta/frozen");
  std::filesystem::create_symlink("nowhere", folder.path() / "conda-meta/frozen");
  CHECK(prefix::frozen_message(folder.path()) == "");
}
