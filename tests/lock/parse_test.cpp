#include <string>

#include "lock_fixtures.h"
#include "support/catch.h"

using namespace envlock_test;

namespace {

std::string edited(const std::string& from, const std::string& to) {
  return mistakes_of(replaced(lock::format(small_lock()), from, to));
}

}  // namespace

TEST_CASE("an unknown format version is refused with the version that reads it") {
  const std::string text =
      "{\"format\": \"envlock.lock\", \"version\": 7, \"needs_envlock\": \"3.1.0\", \"something\": \"new\"}";
  try {
    lock::parse(text, "envlock.lock");
    FAIL("no error");
  } catch (const core::Error& error) {
    const core::Diagnostic& mistake = error.diagnostics().front();
    CHECK(mistake.code == "lock-version");
    CHECK(mistake.what == "`envlock.lock` has format version 7, and this envlock reads version 1");
    CHECK(mistake.hints == std::vector<std::string>{"use envlock 3.1.0 or newer"});
  }
}

TEST_CASE("a version hint that is no version is not repeated") {
  CHECK(mistakes_of("{\"format\": \"envlock.lock\", \"version\": 2, \"needs_envlock\": \"$(rm -rf)\"}") ==
        "lock-version: `envlock.lock` has format version 2, and this envlock reads version 1 @1:39\n");
}

TEST_CASE("mistakes of syntax have line and column") {
  CHECK(mistakes_of("") == "lock-invalid: `envlock.lock` is empty @1:1\n");
  CHECK(mistakes_of("{\n  \"format\": }") == "lock-invalid: a JSON value should stand here @2:13\n");
  CHECK(mistakes_of("{\"a\": 1,}") == "lock-invalid: there is a comma after the last item @1:8\n");
  CHECK(mistakes_of("{\"a\": 1 \"b\": 2}") == "lock-invalid: a comma or `}` should stand here @1:9\n");
  CHECK(mistakes_of("{\"a\": 1, \"a\": 2}") == "lock-invalid: this key stands twice in one object @1:10\n");
  CHECK(mistakes_of("{} {}") == "lock-invalid: the document ends here, but more text follows @1:4\n");
  CHECK(mistakes_of("[\"\\ud800\"]") == "lock-invalid: half of a surrogate pair @1:3\n");
  CHECK(mistakes_of("[\"\\q\"]") == "lock-invalid: this is not a JSON escape @1:3\n");
  CHECK(mistakes_of("[\"a") == "lock-invalid: this string does not end @1:2\n");
  CHECK(mistakes_of("[01]") == "lock-invalid: a comma or `]` should stand here @1:3\n");
  CHECK(mistakes_of("[-]") == "lock-invalid: this is not a JSON number @1:2\n");
  CHECK(mistakes_of("{\n\"\xFF\"}") == "lock-invalid: `envlock.lock` is not UTF-8 text @2:0\n");
}

TEST_CASE("deep nesting is refused, not followed") {
  CHECK(mistakes_of(std::string(1000000, '[')) == "lock-invalid: values are nested more than 64 deep @1:66\n");
}

TEST_CASE("a document that is no lock is told so") {
  CHECK(mistakes_of("[]") == "lock-invalid: this is not an `envlock.lock` document @1:1\n");
  CHECK(mistakes_of("{\"format\": \"envlock-saved-index\"}") ==
        "lock-invalid: this is not an `envlock.lock` document @1:12\n");
}

TEST_CASE("every member is checked, and every mistake names its place") {
  CHECK(edited("\"sha256\"", "\"sha265\"") ==
        "lock-invalid: `sha256` is missing: a lock names every file by its hash @44:5\n"
        "lock-invalid: `sha265` is not a field of this object @52:7\n");
  CHECK(edited("\"size\": ", "\"size\": -").find("`size` must be a whole number") != std::string::npos);
  CHECK(
      edited("\"build_number\": 0", "\"build_number\": \"0\"").find("`build_number` must be a number, not a string") !=
      std::string::npos);
  CHECK(edited("\"sha256\": \"", "\"sha256\": \"0").find("`sha256` must be 64 hexadecimal digits") !=
        std::string::npos);
  CHECK(edited("\"md5\": \"", "\"md5\": \"x").find("`md5` must be 32 hexadecimal digits") != std::string::npos);
  CHECK(edited("\"strict\"", "\"lax\"").find("must be `strict`, `flexible` or `disabled`") != std::string::npos);
  CHECK(edited("\"depends\": []", "\"depends\": [1]").find("a string should stand here, not a number") !=
        std::string::npos);
  CHECK(edited("\"__glibc=2.28=0\"", "\"glibc\"").find("a virtual package such as") != std::string::npos);
  CHECK(edited("\"spec\": \"numpy", "\"spec\": \"numpy[").find("lock-invalid") != std::string::npos);
}

TEST_CASE("what refers to nothing is refused") {
  CHECK(edited("\"linux-64\": [\"main\"]", "\"linux-46\": [\"main\"]").find("is not one of `platforms`") !=
        std::string::npos);
  CHECK(edited("\"channel\": \"https://conda.anaconda.org/conda-forge\"", "\"channel\": \"https://evil.example/x\"")
            .find("is not one of `channels`") != std::string::npos);
  CHECK(edited("\"linux-64\": [\"main\"]", "\"linux-64\": []").find("in no category") != std::string::npos);
}

TEST_CASE("a file name that leaves its folder, or says something else than the record, is refused") {
  CHECK(edited("\"file\": \"libblas-3.9.0-26_openblas.conda\"", "\"file\": \"../libblas-3.9.0-26_openblas.conda\"")
            .find("is no plain file name") != std::string::npos);
  CHECK(edited("\"file\": \"libblas-3.9.0-26_openblas.conda\"", "\"file\": \"evil-3.9.0-26_openblas.conda\"")
            .find("is not what the record says") != std::string::npos);
  CHECK(edited("\"subdir\": \"noarch\"", "\"subdir\": \"../noarch\"").find("is no platform folder") !=
        std::string::npos);
}

TEST_CASE("two records of one name on a platform are refused") {
  lock::Lock twice = small_lock();
  lock::LockedPackage other = twice.packages[0];
  other.record.version = "3.8.0";
  other.record.file_name = "libblas-3.8.0-26_openblas.conda";
  twice.packages.insert(twice.packages.begin(), other);
  for (lock::LockedPlatform& platform : twice.platforms) {
    for (lock::PlatformPackage& each : platform.packages) ++each.package;
  }
  twice.platforms[0].packages.insert(twice.platforms[0].packages.begin(), {0, {"main"}});
  CHECK(mistakes_of(lock::format(twice)).find("platform `linux-64` has two packages named `libblas`") !=
        std::string::npos);
}

TEST_CASE("credentials in a channel are refused") {
  CHECK(edited("\"base\": \"https://conda", "\"base\": \"https://u:p@conda").find("must not hold credentials") !=
        std::string::npos);
}

TEST_CASE("a lock with many mistakes shows the first twenty and counts the rest") {
  std::string text = lock::format(small_lock());
  std::string many = "{\"format\": \"envlock.lock\", \"version\": 1";
  for (int i = 0; i < 100; ++i) many += ", \"unknown" + std::to_string(i) + "\": 1";
  try {
    lock::parse(many + "}", "envlock.lock");
    FAIL("no error");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().size() == 20);
  }
}

TEST_CASE("a misspelt field gets its likely name") {
  try {
    lock::parse(replaced(lock::format(small_lock()), "\"license\"", "\"licence\""), "envlock.lock");
    FAIL("no error");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().hints == std::vector<std::string>{"did you mean `license`?"});
    CHECK(error.diagnostics().front().why == std::vector<std::string>{"at `packages[0].licence`"});
    CHECK(error.diagnostics().front().where->text.find("\"licence\": \"MIT\"") != std::string::npos);
  }
}
