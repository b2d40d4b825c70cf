#include "../../lib/prefix/src/journal.h"

#include "install_workshop.h"
#include "support/catch.h"

using namespace envlock::prefix;
using namespace envlock_test;

namespace {

Journal example() {
  return {.time_seconds = 1'700'000'000,
          .moves = {{"bin/tool", ""}, {"etc/x", "etc/x.envlock-kept-1"}, {"we\nird/na%me\t", ""}},
          .removed_folders = {{"old/inner", 0755, -1}, {"old", 0700, 1'700'000'000'123'456'789}},
          .created_folders = {"new", "new/inner"},
          .created_files = {"a file", "new/\xff", "\xc3\xa4"},
          .touched_folders = {{"lib", 02755, 5}}};
}

}  // namespace

TEST_CASE("a journal is read as it was written") {
  CHECK(parse_journal(format(example())) == example());
  CHECK(parse_journal(format(Journal{})) == Journal{});
}

TEST_CASE("a journal of which one byte changed is refused") {
  const std::string whole = format(example());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    INFO(i);
    CHECK(code_of([&] { parse_journal(damaged); }) == "recovery-failed");
    CHECK(code_of([&] { parse_journal(std::string_view(whole).substr(0, i)); }) == "recovery-failed");
  }
}

TEST_CASE("a journal with a right checksum may still not lead out of the prefix") {
  for (const char* line :
       {"file ../x\n", "move /etc/passwd\n", "mkdir a//b\n", "file a/./b\n", "keep a\t../b\n", "keep a\n", "file %2\n",
        "file %zz\n", "file \n", "touch 755 x a\n", "touch 9 1 a\n", "what a\n"}) {
    std::string text = std::string("envlock-journal 1\n") + line;
    text += "sha256 " + envlock::core::format(envlock::core::sha256(text)) + "\n";
    INFO(line);
    CHECK(code_of([&] { parse_journal(text); }) == "recovery-failed");
  }
}
