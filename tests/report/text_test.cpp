#include "envlock/report/report.h"

#include <string>

#include "support/catch.h"
#include "support/golden.h"

using envlock::core::Diagnostic;
using envlock::core::SourceSpan;
using envlock::report::Kind;
using envlock::report::Style;

namespace {

constexpr Style kPlain{.color = false, .width = 100};

Diagnostic unknown_key() {
  return {.code = "unknown-key",
          .what = "`dependancies` is not a key of environment.yml",
          .where = SourceSpan{"environment.yml", 4, 1, 12, "dependancies:"},
          .why = {},
          .hints = {"did you mean `dependencies`?"}};
}

Diagnostic at(SourceSpan where) {
  return {.code = "x", .what = "w", .where = std::move(where), .why = {}, .hints = {}};
}

std::string draw(SourceSpan where, int width = 100) {
  return envlock::report::text(at(std::move(where)), Kind::error, Style{.color = false, .width = width});
}

}  // namespace

TEST_CASE("a mistake in a file is drawn with its line, a caret and help") {
  CHECK(envlock::report::text(unknown_key(), Kind::error, kPlain) ==
        "error[unknown-key]: `dependancies` is not a key of environment.yml\n"
        "  --> environment.yml:4:1\n"
        "   |\n"
        " 4 | dependancies:\n"
        "   | ^^^^^^^^^^^^\n"
        "help: did you mean `dependencies`?\n");
}

TEST_CASE("warnings and notes differ from errors in their first word only") {
  const std::string error = envlock::report::text(unknown_key(), Kind::error, kPlain);
  const std::string warning = envlock::report::text(unknown_key(), Kind::warning, kPlain);
  const std::string note = envlock::report::text({envlock::core::Severity::note, unknown_key()}, kPlain);
  CHECK(warning == "warning" + error.substr(5));
  CHECK(note == "note" + error.substr(5));
}

TEST_CASE("facts hang from the first as a tree") {
  const Diagnostic conflict{.code = "no-solution",
                            .what = "no set of packages meets environment.yml for linux-64",
                            .where = std::nullopt,
                            .why = {"`torchfoo 2.5.*` (environment.yml:6) needs `cuda-version >=12.4`",
                                    "`fastload 0.59` (environment.yml:9)\nneeds `cuda-version <12.4`", "`other`"},
                            .hints = {"ask for `fastload >=0.60`, the first that accepts 12.4"}};
  CHECK(envlock::report::text(conflict, Kind::error, kPlain) ==
        "error[no-solution]: no set of packages meets environment.yml for linux-64\n"
        "  why: `torchfoo 2.5.*` (environment.yml:6) needs `cuda-version >=12.4`\n"
        "       ├─ `fastload 0.59` (environment.yml:9)\n"
        "       │  needs `cuda-version <12.4`\n"
        "       └─ `other`\n"
        "help: ask for `fastload >=0.60`, the first that accepts 12.4\n");
}

TEST_CASE("a tree that the facts bring is kept") {
  const Diagnostic conflict{
      .code = "c", .what = "w", .where = std::nullopt, .why = {"a", "├─ b", "│  └─ c", "└─ d"}, .hints = {}};
  CHECK(envlock::report::text(conflict, Kind::error, kPlain) ==
        "error[c]: w\n  why: a\n       ├─ b\n       │  └─ c\n       └─ d\n");
}

TEST_CASE("the two sides of a comparison stand for themselves") {
  const Diagnostic mismatch{.code = "hash-mismatch",
                            .what = "numpy-1.26.4-py312_0.conda is not the file that was locked",
                            .where = SourceSpan{"env.lock", 212, 13, 0, ""},
                            .why = {"want sha256 fe34", "have sha256 9f2c", "it came from a mirror"},
                            .hints = {"do not install it"}};
  CHECK(envlock::report::text(mismatch, Kind::error, kPlain) ==
        "error[hash-mismatch]: numpy-1.26.4-py312_0.conda is not the file that was locked\n"
        "  --> env.lock:212:13\n"
        "  want sha256 fe34\n"
        "  have sha256 9f2c\n"
        "  why: it came from a mirror\n"
        "help: do not install it\n");
}

TEST_CASE("the gutter grows with the line number") {
  CHECK(draw({"a.yml", 1204, 5, 3, "  - foo=1"}) ==
        "error[x]: w\n     --> a.yml:1204:5\n      |\n 1204 |   - foo=1\n      |     ^^^\n");
}

TEST_CASE("a place without a column shows the line without a caret") {
  CHECK(draw({"a.yml", 7, 0, 0, "name: x"}) == "error[x]: w\n  --> a.yml:7\n   |\n 7 | name: x\n");
}

TEST_CASE("a place without a line is the whole file") {
  CHECK(draw({"a.yml", 0, 0, 0, ""}) == "error[x]: w\n  --> a.yml\n");
}

TEST_CASE("the command line has no line number") {
  CHECK(draw({"<command line>", 1, 11, 7, "--channel broken="}) ==
        "error[x]: w\n  --> <command line>\n   |\n   | --channel broken=\n   |           ^^^^^^^\n");
}

TEST_CASE("length 0 underlines to the end of the text") {
  CHECK(draw({"a", 1, 3, 0, "- foo  "}) == "error[x]: w\n  --> a:1:3\n   |\n 1 | - foo\n   |   ^^^\n");
}

TEST_CASE("a caret past the end points behind the last character") {
  CHECK(draw({"a", 1, 6, 0, "- foo"}) == "error[x]: w\n  --> a:1:6\n   |\n 1 | - foo\n   |      ^\n");
  CHECK(draw({"a", 1, 60, 4, "- foo"}) == "error[x]: w\n  --> a:1:60\n   |\n 1 | - foo\n   |      ^\n");
}

TEST_CASE("tabs are expanded and the caret stays under its word") {
  CHECK(draw({"a", 1, 3, 2, "\ta\tbc"}) == "error[x]: w\n  --> a:1:3\n   |\n 1 |     a   bc\n   |      ^^^^\n");
  CHECK(draw({"a", 1, 4, 2, "\ta\tbc"}) == "error[x]: w\n  --> a:1:4\n   |\n 1 |     a   bc\n   |         ^^\n");
}

TEST_CASE("wide characters take two columns and combining marks none") {
  CHECK(draw({"a", 1, 4, 3, "包: foo"}) == "error[x]: w\n  --> a:1:4\n   |\n 1 | 包: foo\n   |     ^^^\n");
  CHECK(draw({"a", 1, 5, 3, "e\xcc\x81: foo"}) == "error[x]: w\n  --> a:1:5\n   |\n 1 | e\xcc\x81: foo\n   |    ^^^\n");
  CHECK(draw({"a", 1, 1, 1, "🚀x"}) == "error[x]: w\n  --> a:1:1\n   |\n 1 | 🚀x\n   | ^^\n");
}

TEST_CASE("controls and bytes that are no UTF-8 are escaped, and count as one character") {
  const std::string drawn = draw({"a", 1, 3, 1,
                                  "a\x1b"
                                  "b\xff"});
  CHECK(drawn.find('\x1b') == std::string::npos);
  CHECK(drawn.find('\xff') == std::string::npos);
  const std::size_t b = drawn.find("\n 1 | ") + 6;
  CHECK(drawn.find('b', b) - b == drawn.find('^') - drawn.rfind('\n', drawn.find('^')) - 6);
}

TEST_CASE("a long line is cut around the mark") {
  std::string line(300, 'a');
  line += "HERE" + std::string(300, 'b');
  const std::string drawn = draw({"a", 1, 301, 4, line}, 40);
  CHECK(drawn == "error[x]: w\n  --> a:1:301\n   |\n 1 | …aaaaaaaaaaaHEREbbbbbbbbbbbbbbbbbb…\n   |             ^^^^\n");
  CHECK(draw({"a", 1, 1, 3, line}, 40) ==
        "error[x]: w\n  --> a:1:1\n   |\n 1 | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\n   | ^^^\n");
  CHECK(draw({"a", 1, 603, 2, line}, 40) ==
        "error[x]: w\n  --> a:1:603\n   |\n 1 | …" + std::string(33, 'b') + "\n   | " + std::string(32, ' ') + "^^\n");
}

TEST_CASE("a line of ten megabytes is drawn as a short one is") {
  std::string line(10'000'000, 'a');
  CHECK(draw({"a", 1, 9'000'000, 5, line}).size() < 400);
  CHECK(draw({"a", 1, 9'000'000, 5'000'000, line}).size() < 400);
}

TEST_CASE("no secret is shown, and the mark moves with the mask") {
  const std::string line = "  - https://user:hunter2@host/t/tk-123/conda # why";
  const std::string drawn = draw({"a", 1, 5, 43 - 5 + 1, line});
  CHECK(drawn.find("hunter2") == std::string::npos);
  CHECK(drawn.find("tk-123") == std::string::npos);
  const std::string comment = draw({"a", 1, 48, 3, line});
  const std::size_t shown = comment.find("\n 1 | ") + 6;
  const std::size_t caret = comment.find('^') - comment.rfind('\n', comment.find('^')) - 6;
  CHECK(comment.substr(shown + caret, 3) == "why");
  const Diagnostic secret{.code = "c",
                          .what = "`https://u:hunter2@h/` is down",
                          .where = std::nullopt,
                          .why = {"asked https://u:hunter2@h/x"},
                          .hints = {"try https://u:hunter2@h/y"}};
  CHECK(envlock::report::text(secret, Kind::error, kPlain).find("hunter2") == std::string::npos);
  CHECK(envlock::report::json_errors({secret}, {}).find("hunter2") == std::string::npos);
}

TEST_CASE("colors wrap words and are absent unless asked for") {
  const std::string plain = envlock::report::text(unknown_key(), Kind::error, kPlain);
  const std::string colored = envlock::report::text(unknown_key(), Kind::error, Style{.color = true, .width = 100});
  CHECK(plain.find('\x1b') == std::string::npos);
  std::string stripped;
  for (std::size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\x1b') {
      i = colored.find('m', i);
    } else {
      stripped += colored[i];
    }
  }
  CHECK(stripped == plain);
  CHECK(colored.find("\x1b[1;31merror[unknown-key]\x1b[0m") == 0);
}

TEST_CASE("long diagnostics are set apart by an empty line, short ones are not") {
  const Diagnostic brief{.code = "b", .what = "brief", .where = std::nullopt, .why = {}, .hints = {}};
  CHECK(envlock::report::text({brief, brief}, Kind::note, kPlain) == "note[b]: brief\nnote[b]: brief\n");
  CHECK(envlock::report::text({unknown_key(), brief}, Kind::note, kPlain).find("\n\nnote[b]") != std::string::npos);
}

TEST_CASE("errors as JSON are one documented document") {
  const envlock::core::Note note{envlock::core::Severity::warning,
                                 {.code = "pypi-yanked",
                                  .what = "`nltk 3.9.0` was yanked from its index",
                                  .where = std::nullopt,
                                  .why = {"it lacks a file", "3.9.1 has it"},
                                  .hints = {}}};
  CHECK(envlock_test::compare_with_golden("report/errors.json",
                                          envlock::report::json_errors({unknown_key()}, {note})) == "");
  CHECK(envlock_test::compare_with_golden("report/no-errors.json", envlock::report::json_errors({}, {})) == "");
}
