#include "transcript.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "support/catch.h"
#include "support/golden.h"

namespace {

std::vector<std::filesystem::path> stories() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(ENVLOCK_SOURCE_DIR) + "/tests/cli")) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A story about this machine is told on the machines it is about: "# only on linux-64" in its first line.
bool is_for_this_machine(const std::string& text) {
#if defined(__x86_64__)
  constexpr const char* kOther = "# only on linux-aarch64";
#else
  constexpr const char* kOther = "# only on linux-64";
#endif
  return text.rfind(kOther, 0) != 0;
}

}  // namespace

TEST_CASE("the program says what the transcripts say") {
  for (const std::filesystem::path& file : stories()) {
    DYNAMIC_SECTION(file.stem().string()) {
      const std::string text = read_whole(file);
      if (!is_for_this_machine(text)) {
        WARN("skipped: " << file.filename().string() << " is about another machine");
        continue;  // not return: Catch looks for the next section
      }
      const envlock_test::Told told = envlock_test::run_transcript(text);
      if (envlock_test::updating()) {
        std::ofstream(file, std::ios::binary) << told.text;
        continue;  // not return: Catch looks for the next section
      }
      for (const envlock_test::Mismatch& mismatch : told.mismatches) {
        FAIL_CHECK("tests/cli/" << file.filename().string() << ":" << mismatch.line << "\n$ " << mismatch.command
                                << "\nwant:\n"
                                << mismatch.expected << "have:\n"
                                << mismatch.actual << "to accept: test_cli --update");
      }
      if (told.mismatches.empty()) CHECK(told.text == text);  // else it would say the same again, at length
    }
  }
}

TEST_CASE("a transcript is read into remarks, files and commands") {
  const auto steps = envlock_test::parse_transcript(
      "# a story\n\n< a/b.yml\n  x:\n\n    - y\n$ envlock\n? 2\n| out\n|\n! err\n$ true\n");
  REQUIRE(steps.size() == 5);
  CHECK(std::get<envlock_test::FileToWrite>(steps[2]).content == "x:\n\n  - y\n");
  CHECK(std::get<envlock_test::Command>(steps[3]).expected == "? 2\n| out\n|\n! err\n");
  CHECK(std::get<envlock_test::Command>(steps[4]).expected.empty());
  CHECK_THROWS(envlock_test::parse_transcript("hello\n"));
}

TEST_CASE("paths and hashes are masked, other words are not") {
  const std::string sha256(64, 'a');
  const std::string md5(32, '0');
  CHECK(envlock_test::mask("/tmp/x/a #" + sha256 + " " + md5 + " " + md5 + "0", {{"/tmp/x", "$FOLDER"}}) ==
        "$FOLDER/a #SHA256 MD5 " + md5 + "0");
}

TEST_CASE("exit codes, both streams and a missing newline are told") {
  CHECK(envlock_test::format_outcome({3, "a\n\nb", "c\n"}) == "? 3\n| a\n|\n| b\n\\ no newline at the end\n! c\n");
  CHECK(envlock_test::format_outcome({0, "", ""}).empty());
}

TEST_CASE("a command that does not end is ended") {
  const std::filesystem::path scratch = std::filesystem::temp_directory_path();
  const envlock_test::Finished finished =
      envlock_test::run_shell("echo begun; sleep 30", scratch, {{"PATH", "/bin:/usr/bin"}}, scratch, 1);
  CHECK(finished.exit == 124);
  CHECK(finished.out == "begun\n");
}
