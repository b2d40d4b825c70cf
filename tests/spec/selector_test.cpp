#include <random>

#include "envlock/conda/platform.h"
#include "reading.h"

using namespace envlock_test;
using envlock::spec::selector_holds;

namespace {

Outcome with_comment(const std::string& comment) {
  return read_text("dependencies:\n  - numpy  " + comment + "\n");
}

std::string selector_of(const std::string& comment) {
  const Outcome read = with_comment(comment);
  return read.spec.requests.empty() ? "refused" : read.spec.requests[0].selector;
}

}  // namespace

TEST_CASE("a selector holds where conda-build's names say so") {
  struct Row {
    const char* name;
    std::vector<std::string> subdirs;
  };
  const std::vector<Row> rows = {
      {"linux64", {"linux-64"}},
      {"osx64", {"osx-64"}},
      {"win64", {"win-64"}},
      {"aarch64", {"linux-aarch64"}},
      {"ppc64le", {"linux-ppc64le"}},
      {"arm64", {"osx-arm64", "win-arm64"}},
      {"win", {"win-32", "win-64", "win-arm64"}},
      {"osx", {"osx-64", "osx-arm64"}},
      {"osx and x86_64", {"osx-64"}},
      {"win or osx and not x86", {"osx-arm64", "win-32", "win-64", "win-arm64"}},
      {"(win or osx) and not x86", {"osx-arm64", "win-arm64"}},
      {"linux and not not aarch64", {"linux-aarch64"}},
  };
  for (const Row& row : rows) {
    std::vector<std::string> found;
    for (const std::string& subdir : envlock::conda::known_subdirs()) {
      if (selector_holds(row.name, subdir)) found.push_back(subdir);
    }
    INFO(row.name);
    CHECK(found == row.subdirs);
  }
  CHECK(selector_holds("unix", "linux-64"));
  CHECK(selector_holds("unix", "osx-arm64"));
  CHECK_FALSE(selector_holds("unix", "win-64"));
  CHECK(selector_holds("", "win-64"));
  CHECK_THROWS_AS(selector_holds("linux and", "linux-64"), envlock::core::Error);
}

TEST_CASE("a selector is stored in one canonical form") {
  CHECK(selector_of("# [linux]") == "linux");
  CHECK(selector_of("#[linux]") == "linux");
  CHECK(selector_of("# [ linux  and ( not (aarch64) ) ]") == "linux and not aarch64");
  CHECK(selector_of("# [((win or (osx)))]") == "win or osx");
  CHECK(selector_of("# [(win or osx) and x86_64]") == "(win or osx) and x86_64");
  CHECK(selector_of("# [not (win or osx)]") == "not (win or osx)");
  CHECK(selector_of("# [linux] because of the compiler") == "linux");
  CHECK(selector_of("# nothing here").empty());
}

TEST_CASE("the canonical form means what was written and is stable") {
  std::mt19937 random(7);
  const std::vector<std::string> names = {"linux", "osx", "win", "unix", "aarch64", "x86_64", "arm64"};
  const std::function<std::string(int)> expression = [&](int depth) -> std::string {
    switch (depth == 0 ? 0 : random() % 5) {
      case 1:
        return "not " + expression(depth - 1);
      case 2:
        return expression(depth - 1) + " and " + expression(depth - 1);
      case 3:
        return expression(depth - 1) + " or " + expression(depth - 1);
      case 4:
        return "(" + expression(depth - 1) + ")";
      default:
        return names[random() % names.size()];
    }
  };
  for (int i = 0; i < 300; ++i) {
    const std::string written = expression(4);
    const std::string canonical = selector_of("# [" + written + "]");
    INFO(written << " -> " << canonical);
    for (const std::string& subdir : envlock::conda::known_subdirs()) {
      CHECK(selector_holds(written, subdir) == selector_holds(canonical, subdir));
    }
    CHECK(selector_of("# [" + canonical + "]") == canonical);
  }
}

TEST_CASE("a wrong selector is an error where it is wrong") {
  const Outcome read = with_comment("# [linux and osxx]");
  REQUIRE(read.places() == Texts{"invalid-selector 2:25 4"});
  CHECK(read.mistakes[0].hints == Texts{"did you mean `osx`?"});
  CHECK(with_comment("# [linux osx]").places() == Texts{"invalid-selector 2:21 3"});
  CHECK(with_comment("# [linux and]").places() == Texts{"invalid-selector 2:24 0"});
  CHECK(with_comment("# [(linux]").places() == Texts{"invalid-selector 2:15 1"});
  CHECK(with_comment("# [py37 and linux]").places() == Texts{"invalid-selector 2:15 4"});
  CHECK(with_comment("# [linux && osx]").places() == Texts{"invalid-selector 2:21 1"});
  CHECK(with_comment("# [gpu]").places() == Texts{"invalid-selector 2:15 3"});
  CHECK(with_comment("# []").places() == Texts{"invalid-selector 2:15 0"});
  CHECK(with_comment("# [" + std::string(60, '(') + "linux" + std::string(60, ')') + "]").places().size() == 1);
}

TEST_CASE("brackets that are no selector keep the line, with a warning where conda-lock drops it") {
  const Outcome prose = with_comment("# [see issue 12]");
  CHECK(prose.places().empty());
  CHECK(prose.noted() == Texts{"comment-not-selector 2:15 12"});
  CHECK(prose.spec.requests[0].selector.empty());
  CHECK(with_comment("# only there [linux]").noted() == Texts{"comment-not-selector 2:26 5"});
  CHECK(with_comment("# as in [1] (the paper)").noted().empty());
}

TEST_CASE("it is told where conda-lock reads a selector otherwise") {
  CHECK(with_comment("# [linux]").noted().empty());
  CHECK(with_comment("# [linux and x86_64]").noted() == Texts{"selector-differs 2:15 16"});
  CHECK(with_comment("# [x86_64]").noted() == Texts{"selector-differs 2:15 6"});
  CHECK(with_comment("# [linux] (not macOS)").noted() == Texts{"selector-differs 2:15 5"});
  CHECK(with_comment("# [linux and win]").noted().front() == "selector-never-holds 2:15 13");
}

TEST_CASE("sel() maps are selectors, of one spec each") {
  const Outcome read = read_text(
      "dependencies:\n"
      "  - sel(linux): gdb >=12  # the debugger\n"
      "  - sel(win or osx): lldb\n"
      "  - \"sel(unix)\": \"valgrind\"  # [not osx]\n");
  REQUIRE(read.places().empty());
  CHECK(read.texts() == Texts{"gdb >=12 # [linux]", "lldb # [win or osx]", "valgrind # [unix and not osx]"});
  CHECK(read.spec.requests[0].where.column == 17);
  CHECK(read_text("dependencies:\n  - sel(linux): [a, b]\n").places() == Texts{"not-text 2:17 6"});
  CHECK(read_text("dependencies:\n  - sel(linus): a\n").places() == Texts{"invalid-selector 2:9 5"});
}

TEST_CASE("a hash within quotes, a name or a URL begins no comment") {
  const Outcome read = read_text(
      "dependencies:\n"
      "  - \"numpy # [linux]\"\n"
      "  - pip:\n"
      "    - 'a @ git+https://example.com/x#egg=[win]'  # [linux]\n"
      "    - b @ git+https://example.com/x#egg=[win]\n");
  REQUIRE(read.spec.pip.size() == 2);
  CHECK(read.spec.pip[0].selector == "linux");
  CHECK(read.spec.pip[1].selector.empty());
  CHECK(read.spec.requests[0].selector.empty());
}

TEST_CASE("the comment of a line counts for all that begins on it, and for a pip list for all its lines") {
  const Outcome flow = read_text("dependencies: [a, 'b', \"c\"]  # [linux]\n");
  CHECK(flow.texts() == Texts{"a # [linux]", "b # [linux]", "c # [linux]"});
  const Outcome pip = read_text("dependencies:\n  - pip:  # [unix]\n    - x\n    - y  # [not osx]\n");
  REQUIRE(pip.spec.pip.size() == 2);
  CHECK(pip.spec.pip[0].selector == "unix");
  CHECK(pip.spec.pip[1].selector == "unix and not osx");
  const Outcome folded = read_text("dependencies:\n  - numpy\n    >=1.20  # [win]\n");
  CHECK(folded.texts() == Texts{"numpy >=1.20 # [win]"});
}

TEST_CASE("a selector on a channel is not applied, and that is told") {
  const Outcome read = read_text("channels:\n  - nvidia  # [linux]\ndependencies: []\n");
  CHECK(read.spec.channels.size() == 1);
  CHECK(read.noted() == Texts{"selector-not-applied 2:16 5"});
}
