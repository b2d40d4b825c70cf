#include "envlock/resolve/pypi.h"

#include <algorithm>
#include <functional>
#include <random>

#include "pypi_universe.h"
#include "support/catch.h"

namespace envlock::resolve {
namespace {

using test::MemorySource;
using test::show;
using test::TestProblem;

std::string solve(TestProblem& problem, MemorySource& source) {
  core::Notes notes;
  return show(pypi(problem.problem, source, notes));
}

std::string solve(const std::vector<std::string>& lines, MemorySource& source) {
  TestProblem problem(lines);
  return solve(problem, source);
}

core::Diagnostic conflict_of(TestProblem& problem, MemorySource& source) {
  core::Notes notes;
  const PypiOutcome outcome = pypi(problem.problem, source, notes);
  REQUIRE(std::holds_alternative<PypiConflict>(outcome));
  return std::get<PypiConflict>(outcome).diagnostic;
}

std::string told(const core::Diagnostic& diagnostic) {
  std::string text = diagnostic.code + ": " + diagnostic.what + "\n";
  for (const std::string& why : diagnostic.why) text += "why: " + why + "\n";
  for (const std::string& hint : diagnostic.hints) text += "help: " + hint + "\n";
  return text;
}

}  // namespace

TEST_CASE("the newest versions that fit together are chosen") {
  MemorySource source;
  source.add("app", {.version = "1.0", .requires_dist = {"lib<2"}});
  source.add("app", {.version = "2.0", .requires_dist = {"lib>=2", "deep ; python_version < '3.8'"}});
  source.add("lib", {.version = "1.5"});
  source.add("lib", {.version = "2.1"});
  source.add("lib", {.version = "3.0b1"});
  CHECK(solve({"app"}, source) == "app 2.0, lib 2.1");
  CHECK(solve({"app", "lib<2"}, source) == "app 1.0, lib 1.5");
  CHECK(solve({"lib ; sys_platform == 'win32'"}, source) == "");
}

TEST_CASE("the order of the lines does not matter") {
  MemorySource source;
  source.add("b", {.version = "1"});
  source.add("b", {.version = "2", .requires_dist = {"c==1"}});
  source.add("a", {.version = "1"});
  source.add("a", {.version = "2", .requires_dist = {"c==2"}});
  source.add("c", {.version = "1"});
  source.add("c", {.version = "2"});
  CHECK(solve({"a", "b"}, source) == "a 2, b 1, c 2");
  CHECK(solve({"b", "a"}, source) == "a 2, b 1, c 2");
}

TEST_CASE("an extra is a name of its own, and adds what it needs") {
  MemorySource source;
  source.add("app", {.version = "1",
                     .requires_dist = {"base", "fast ; extra == 'speed'", "app[speed] ; extra == 'all'",
                                       "more ; extra == 'all' and python_version >= '3.9'"},
                     .extras = {"all", "speed"}});
  source.add("base", {.version = "1"});
  source.add("fast", {.version = "1"});
  source.add("more", {.version = "1"});
  CHECK(solve({"app"}, source) == "app 1, base 1");
  CHECK(solve({"app[speed]"}, source) == "app 1 [speed], base 1, fast 1");
  CHECK(solve({"app[all]"}, source) == "app 1 [all] [speed], base 1, fast 1, more 1");
  TestProblem unknown({"app[sped]"});
  core::Notes notes;
  CHECK(show(pypi(unknown.problem, source, notes)) == "app 1 [sped], base 1");
  REQUIRE(notes.all().size() == 1);
  CHECK(notes.all()[0].diagnostic.code == "pypi-extra-unknown");
  CHECK(notes.all()[0].diagnostic.hints == std::vector<std::string>{"did you mean `app[speed]`?"});
}

TEST_CASE("cyclic needs and cyclic extras come to an end") {
  MemorySource source;
  source.add("a", {.version = "1", .requires_dist = {"b[x]", "a[y] ; extra == 'x'"}, .extras = {"x", "y"}});
  source.add("b", {.version = "1", .requires_dist = {"a[x] ; extra == 'x'"}, .extras = {"x"}});
  CHECK(solve({"a"}, source) == "a 1 [x] [y], b 1 [x]");
}

TEST_CASE("what conda provides is a fact") {
  MemorySource source;
  source.add("app", {.version = "1", .requires_dist = {"numpy>=1.20"}});
  source.add("app", {.version = "2", .requires_dist = {"numpy>=2"}});
  source.add("numpy", {.version = "2.1"});
  TestProblem problem({"app"});
  problem.problem.provided = {{"numpy", "1.26.4", "numpy"}};
  CHECK(solve(problem, source) == "app 1");
  CHECK(source.asked_pages == std::vector<std::string>{"app"});

  TestProblem conflict({"app>=2"});
  conflict.problem.provided = {{"numpy", "1.26.4", "numpy"}};
  const core::Diagnostic diagnostic = conflict_of(conflict, source);
  CHECK(told(diagnostic) ==
        "no-solution: no set of PyPI distributions meets the `pip:` section for linux-64\n"
        "why: `app>=2` (environment.yml:1) is asked for\n"
        "why: `app 2` needs `numpy>=2`, and the conda part brings `numpy 1.26.4`, which pip never replaces\n"
        "help: let conda bring the version that is needed: `numpy >=2` under `dependencies:`\n"
        "help: with `app` in place of `app>=2` (environment.yml:1) there is an answer: app 1\n");

  TestProblem direct({"torch==2.6"});
  direct.problem.provided = {{"torch", "2.5.1", "pytorch"}};
  CHECK(told(conflict_of(direct, source)) ==
        "conda-conflict: `torch==2.6` cannot be met for linux-64\n"
        "why: the conda part brings `pytorch 2.5.1`, which is `torch` on PyPI, and pip never replaces what conda "
        "installs\n"
        "help: let conda bring the version that is needed: `pytorch ==2.6` under `dependencies:`\n"
        "help: with `torch` in place of `torch==2.6` (environment.yml:1) there is an answer: torch 2.5.1, which conda "
        "brings\n");
}

TEST_CASE("every line that nothing meets is told, and what conda would have to bring") {
  MemorySource source;
  source.add("x", {.version = "1", .requires_dist = {"numpy>=2,!=2.1.*"}});
  TestProblem several({"x", "nowhere", "x==3"});
  core::Notes notes;
  const auto unmet = std::get<PypiConflict>(pypi(several.problem, source, notes));
  CHECK(unmet.diagnostic.code == "no-such-project");
  CHECK(unmet.core == std::vector<std::size_t>{1});
  REQUIRE(unmet.others.size() == 1);
  CHECK(unmet.others[0].where->line == 3);
  TestProblem provided({"x"});
  provided.problem.provided = {{"numpy", "1.26.4", "numpy"}};
  const auto refused = std::get<PypiConflict>(pypi(provided.problem, source, notes));
  REQUIRE(refused.wishes.size() == 1);
  CHECK(refused.wishes[0].spec == "numpy >=2,!=2.1.*");
  CHECK(std::count(refused.diagnostic.hints.begin(), refused.diagnostic.hints.end(), refused.wishes[0].hint) == 1);
  TestProblem wildcard({"numpy==2.*"});
  wildcard.problem.provided = provided.problem.provided;
  CHECK(std::get<PypiConflict>(pypi(wildcard.problem, source, notes)).wishes.at(0).spec == "numpy 2.*");
}

TEST_CASE("the extras of what conda provides are asked of the index") {
  MemorySource source;
  source.add("requests",
             {.version = "2.30", .requires_dist = {"urllib3", "socks ; extra == 'socks'"}, .extras = {"socks"}});
  source.add("socks", {.version = "1.7"});
  TestProblem problem({"requests[socks]"});
  problem.problem.provided = {{"requests", "2.30.0", "requests"}};
  core::Notes notes;
  const PypiOutcome outcome = pypi(problem.problem, source, notes);
  CHECK(show(outcome) == "socks 1.7");
  CHECK(std::get<PypiSolution>(outcome).provided_extras ==
        std::vector<ProvidedExtra>{{"requests", "socks", {"socks ; extra == \"socks\""}}});
}

TEST_CASE("pre-releases count only where a line, a need or the lack of others lets them in") {
  MemorySource source;
  source.add("x", {.version = "1.0"});
  source.add("x", {.version = "2.0rc1"});
  source.add("only", {.version = "0.1b1"});
  source.add("only", {.version = "0.1b2"});
  source.add("user", {.version = "1", .requires_dist = {"x>=2.0rc0"}});
  CHECK(solve({"x"}, source) == "x 1.0");
  CHECK(solve({"x>=2.0b1"}, source) == "x 2.0rc1");
  CHECK(solve({"x!=2.0b1"}, source) == "x 1.0");
  CHECK(solve({"only"}, source) == "only 0.1b2");
  CHECK(solve({"user"}, source) == "user 1, x 2.0rc1");
  CHECK(solve({"user", "x"}, source) == "user 1, x 2.0rc1");
  source.add("x", {.version = "3.0a1"});
  CHECK(solve({"user", "x<3.0a0"}, source) == "user 1, x 2.0rc1");
  CHECK(solve({"user", "x<2"}, source) == "no: no-solution");
  TestProblem pre({"x"});
  pre.problem.pre = true;
  CHECK(solve(pre, source) == "x 3.0a1");
}

TEST_CASE("what is asked for at an address is never what an index has of that name") {
  MemorySource source;
  source.add("x", {.version = "1"});
  source.add("wheel",
             {.version = "2", .requires_dist = {"x @ https://files.example/x.whl ; extra == 'q'"}, .extras = {"q"}});
  CHECK(solve({"wheel"}, source) == "wheel 2");
  CHECK(solve({"wheel[q]"}, source) == "no: no-solution");
  TestProblem folder({"own"});
  folder.problem.placed["own"].metadata = {
      .name = "own", .version = "1", .requires_dist = {"x @ git+https://g.example/x"}};
  const std::string words = told(conflict_of(folder, source));
  CHECK(words.find("it takes a line of its own under `pip:`") != std::string::npos);
  folder.problem.requests.push_back(test::line("x", 2));
  folder.problem.placed["x"].metadata = {.name = "x", .version = "5"};
  CHECK(solve(folder, source) == "own 1, x 5");
}

TEST_CASE("a folder whose version only a build would tell meets every need of its name") {
  MemorySource source;
  source.add("user", {.version = "1", .requires_dist = {"own>=8"}});
  TestProblem problem({"own", "user", "own<9"});
  problem.problem.placed["own"].metadata = {.name = "own", .version = "0"};
  CHECK(solve(problem, source) == "own 0, user 1");
}

TEST_CASE("a line that what another one places does not meet is told so") {
  MemorySource source;
  TestProblem problem({"own", "own==3"});
  problem.problem.placed["own"].metadata = {.name = "own", .version = "1"};
  CHECK(told(conflict_of(problem, source)).find("there it is 1") != std::string::npos);
}

TEST_CASE("--no-binary and --only-binary of a name count before those of all") {
  MemorySource source;
  source.add("x", {.version = "1"});
  source.add("x", {.version = "2", .tag = "sdist"});
  TestProblem problem({"x"});
  problem.problem.allow_build = true;
  problem.problem.only_binary = {":all:"};
  CHECK(solve(problem, source) == "x 1");
  problem.problem.no_binary = {"x"};
  CHECK(solve(problem, source) == "x 2");
  problem.problem.no_binary = {":all:"};
  problem.problem.only_binary = {"x"};
  CHECK(solve(problem, source) == "x 1");
}

TEST_CASE("a need of a version that is not chosen in the end lets no pre-release in") {
  MemorySource source;
  source.add("x", {.version = "1.0"});
  source.add("x", {.version = "2.0rc1"});
  source.add("z", {.version = "1.0"});
  source.add("z", {.version = "2.0", .requires_dist = {"x>=2.0rc1", "nowhere"}});
  CHECK(solve({"x", "z"}, source) == "x 1.0, z 1.0");
  source.add("nowhere", {.version = "1"});
  CHECK(solve({"x", "z"}, source) == "nowhere 1, x 2.0rc1, z 2.0");
}

TEST_CASE("a yanked version is taken only by its number, and said") {
  MemorySource source;
  source.add("x", {.version = "1"});
  source.add("x", {.version = "2", .yanked = true});
  CHECK(solve({"x"}, source) == "x 1");
  TestProblem pinned({"x==2"});
  core::Notes notes;
  CHECK(show(pypi(pinned.problem, source, notes)) == "x 2");
  REQUIRE(notes.all().size() == 1);
  CHECK(notes.all()[0].diagnostic.code == "pypi-yanked");
  REQUIRE(notes.all()[0].diagnostic.where.has_value());
  CHECK(notes.all()[0].diagnostic.where->line == 1);
  TestProblem refused({"x>=2"});
  CHECK(told(conflict_of(refused, source)) ==
        "no-fitting-version: `x>=2` cannot be met for linux-64\n"
        "why: 2 was yanked from the index\n"
        "why: the newest version that the platform can take is 1\n"
        "help: a yanked version is taken only by name: `x==2`\n"
        "help: with `x` in place of `x>=2` (environment.yml:1) there is an answer: x 1\n");
}

TEST_CASE("versions for other pythons and platforms, and sources, do not count") {
  MemorySource source;
  source.add("x", {.version = "1"});
  source.add("x", {.version = "2", .requires_python = ">=3.13"});
  source.add("x", {.version = "3", .tag = "cp312-cp312-win_amd64"});
  source.add("x", {.version = "4", .tag = "sdist"});
  source.add("x", {.version = "5", .metadata_requires_python = "<3.9"});
  CHECK(solve({"x"}, source) == "x 1");
  TestProblem problem({"x>=2"});
  CHECK(told(conflict_of(problem, source)) ==
        "no-fitting-version: `x>=2` cannot be met for linux-64\n"
        "why: 1 version cannot be had, such as 5: it needs python <3.9\n"
        "why: the newest version that the platform can take is 1\n"
        "why: 1 version not for python 3.12.7, the newest 2 (Requires-Python >=3.13)\n"
        "why: 1 version without a wheel that fits the platform and python 3.12.7, the newest 3\n"
        "why: 1 version as source only, the newest 4\n"
        "help: ask conda for another `python`\n"
        "help: limit the line to the platforms that have one, with a marker such as `; sys_platform == \"win32\"`\n"
        "help: `--allow-build` builds a wheel here, which runs the project's own code\n"
        "help: with `x` in place of `x>=2` (environment.yml:1) there is an answer: x 1\n");
  problem.problem.allow_build = true;
  CHECK(solve(problem, source) == "x 4");
}

TEST_CASE("constraints bound a name and ask for nothing") {
  MemorySource source;
  source.add("a", {.version = "1", .requires_dist = {"b"}});
  source.add("b", {.version = "1"});
  source.add("b", {.version = "2"});
  TestProblem problem({"a"});
  problem.problem.constraints = {test::line("b<2", 7), test::line("other==1", 8)};
  CHECK(solve(problem, source) == "a 1, b 1");
  problem.problem.constraints = {test::line("b<1", 7)};
  CHECK(told(conflict_of(problem, source)).find("the constraint `b<1` (environment.yml:7) bounds it") !=
        std::string::npos);
}

TEST_CASE("what an index does not tell is told at the line that asks for it, with the needs that lead there") {
  MemorySource source;
  source.add("a", {.version = "1", .requires_dist = {"b"}});
  source.add("b", {.version = "1", .requires_dist = {"c"}});
  source.silent = {"c", "d"};
  const auto failure_of = [&](const std::vector<std::string>& lines) {
    TestProblem problem(lines);
    core::Notes notes;
    try {
      pypi(problem.problem, source, notes);
    } catch (const core::Error& error) {
      return error.diagnostics();
    }
    return std::vector<core::Diagnostic>{};
  };
  const auto direct = failure_of({"a", "d"});
  REQUIRE(direct.size() == 1);
  REQUIRE(direct[0].where.has_value());
  CHECK(direct[0].where->line == 2);
  CHECK(direct[0].why.empty());
  const auto indirect = failure_of({"a"});
  REQUIRE(indirect.size() == 1);
  REQUIRE(indirect[0].where.has_value());
  CHECK(indirect[0].where->line == 1);
  CHECK(indirect[0].why == std::vector<std::string>{"the line asks for `a`, which needs `b`, which needs `c`"});
}

TEST_CASE("a place that is named for what conda brings, and a constraint that it breaks, are refused") {
  MemorySource source;
  source.add("b", {.version = "1"});
  TestProblem placed({"a @ https://files.example/a-1-py3-none-any.whl", "b"});
  placed.problem.requests.front().kind = pypi::PipRequest::Kind::archive;
  placed.problem.placed["a"] = {{.name = "a", .version = "1"}, "a-1-py3-none-any.whl"};
  placed.problem.provided = {{"a", "2", "a"}};
  CHECK(solve(placed, source) == "no: conda-conflict");
  TestProblem bounded({"b"});
  bounded.problem.constraints = {test::line("a<2", 3)};
  bounded.problem.provided = {{"a", "2", "a"}};
  CHECK(solve(bounded, source) == "no: conda-conflict");
}

TEST_CASE("a yanked version that a line pins counts for everybody who needs the name") {
  MemorySource source;
  source.add("user", {.version = "1", .requires_dist = {"x>=1"}});
  source.add("x", {.version = "1"});
  source.add("x", {.version = "2", .yanked = true});
  CHECK(solve({"user", "x==2"}, source) == "user 1, x 2");
}

TEST_CASE("a version that another index has is told, with how to take it") {
  MemorySource source;
  source.add("x", {.version = "1"});
  source.also_on["x"] = {"https://other.example/simple"};
  TestProblem problem({"x==1+local"});
  const std::string text = told(conflict_of(problem, source));
  CHECK(text.find("why: the index has no version `==1+local`") != std::string::npos);
  CHECK(text.find("help: take it from there: `--pypi-index x=https://other.example/simple`") != std::string::npos);
}

TEST_CASE("two lines that exclude each other are told with what they need") {
  MemorySource source;
  source.add("a", {.version = "1", .requires_dist = {"c<2"}});
  source.add("b", {.version = "1", .requires_dist = {"c>=2"}});
  source.add("c", {.version = "1"});
  source.add("c", {.version = "2"});
  source.add("d", {.version = "1"});
  TestProblem problem({"a", "d", "b"});
  CHECK(told(conflict_of(problem, source)) ==
        "no-solution: no set of PyPI distributions meets the `pip:` section for linux-64\n"
        "why: `b` (environment.yml:3) is asked for\n"
        "why: `b 1` needs `c>=2`\n"
        "why: `a` (environment.yml:1) is asked for\n"
        "why: `a 1` needs `c<2`, which rules out `c 2`\n"
        "help: leave out `a` (environment.yml:1), and the rest can be had\n"
        "help: leave out `b` (environment.yml:3), and the rest can be had\n");
}

TEST_CASE("a project that no index has is named, with the chain that leads to it") {
  MemorySource source;
  source.add("a", {.version = "1", .requires_dist = {"gone>=1"}});
  TestProblem direct({"missing"});
  CHECK(told(conflict_of(direct, source)).find("no-such-project: `missing` cannot be met") == 0);
  TestProblem chain({"a"});
  CHECK(told(conflict_of(chain, source)) ==
        "no-solution: no set of PyPI distributions meets the `pip:` section for linux-64\n"
        "why: `a` (environment.yml:1) is asked for\n"
        "why: `a 1` needs `gone>=1`, which cannot be had\n"
        "why: no index has a project `gone`\n"
        "help: check how it is spelled, or name where it is: `--extra-index-url`, in place of `--no-index` if that is "
        "given\n");
}

TEST_CASE("a name on two indexes is an error only when it is chosen") {
  MemorySource source;
  source.add("a", {.version = "1"});
  source.add("a", {.version = "2", .requires_dist = {"twice==9"}});
  source.add("twice", {.version = "1"});
  source.also_on["twice"] = {"https://other.example/simple"};
  CHECK(solve({"a"}, source) == "a 1");
  core::Notes notes;
  TestProblem problem({"twice"});
  try {
    pypi(problem.problem, source, notes);
    FAIL("no error");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().code == "index-ambiguous");
    REQUIRE(error.diagnostics().front().where.has_value());
    CHECK(error.diagnostics().front().where->line == 1);
  }
}

TEST_CASE("a long history of versions that do not fit is read in growing batches") {
  MemorySource source;
  for (int version = 1; version <= 300; ++version) {
    source.add("many", {.version = std::to_string(version),
                        .requires_dist = {"core==" + std::to_string(version <= 5 ? 1 : 2)}});
  }
  source.add("core", {.version = "1"});
  source.add("core", {.version = "2"});
  CHECK(solve({"many", "core<2"}, source) == "core 1, many 5");
  CHECK(source.batches.size() < 40);
}

TEST_CASE("quarantined projects are not taken") {
  MemorySource source;
  source.add("bad", {.version = "1"});
  source.status["bad"] = "quarantined";
  TestProblem problem({"bad"});
  CHECK(told(conflict_of(problem, source)).find("under quarantine") != std::string::npos);
}

TEST_CASE("random small universes: there is an answer exactly when trying all finds one") {
  std::size_t solved = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
    MemorySource source;
    const int names = 3 + below(4);
    const auto name_of = [](int i) { return std::string(1, static_cast<char>('a' + i)); };
    const auto need = [&] {
      static const std::vector<std::string> kOperators{"==", ">=", "<=", "!=", "<", ">", ""};
      const std::string& op = kOperators[random() % kOperators.size()];
      return name_of(below(static_cast<unsigned>(names))) + (below(5) == 0 ? "[x]" : "") +
             (op.empty() ? "" : op + std::to_string(1 + below(3)));
    };
    for (int i = 0; i < names; ++i) {
      const int versions = 1 + below(3);
      for (int version = 1; version <= versions; ++version) {
        test::TestRelease release{.version = std::to_string(version), .extras = {"x"}};
        const int needs = below(3);
        for (int n = 0; n < needs; ++n) {
          release.requires_dist.push_back(need() + (below(4) == 0 ? " ; extra == 'x'" : ""));
        }
        source.add(name_of(i), std::move(release));
      }
    }
    std::vector<std::string> lines;
    const int count = 1 + below(3);
    for (int i = 0; i < count; ++i) lines.push_back(need());
    TestProblem problem(lines);
    if (below(3) == 0) problem.problem.provided = {{"c", "2", "c"}};
    core::Notes notes;
    const PypiOutcome outcome = pypi(problem.problem, source, notes);
    const bool found = std::holds_alternative<PypiSolution>(outcome);
    CHECK(found == test::has_answer(source, problem.problem));
    if (found) {
      ++solved;
      CHECK(check(problem.problem, std::get<PypiSolution>(outcome)).empty());
      std::reverse(problem.problem.requests.begin(), problem.problem.requests.end());
      CHECK(show(pypi(problem.problem, source, notes)) == show(outcome));
    } else {
      CHECK(!std::get<PypiConflict>(outcome).diagnostic.why.empty());
    }
  }
  CHECK(solved > 100);
  CHECK(solved < 350);
}

}  // namespace envlock::resolve
