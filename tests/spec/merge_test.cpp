#include "reading.h"
#include "support/temporary_folder.h"

using namespace envlock_test;

namespace {

Outcome read_files(const std::vector<std::string>& texts) {
  static const TemporaryFolder folder;
  Outcome outcome;
  std::vector<std::filesystem::path> files;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    files.push_back(folder.write("file" + std::to_string(i) + ".yml", texts[i]));
  }
  try {
    outcome.spec = envlock::spec::read(files, outcome.notes);
  } catch (const envlock::core::Error& error) {
    outcome.mistakes = error.diagnostics();
  }
  return outcome;
}

std::string file_name(const envlock::core::SourceSpan& where) {
  return std::filesystem::path(where.file).filename().string();
}

Texts channels(const Outcome& read) {
  Texts out;
  for (const auto& channel : read.spec.channels) out.push_back(channel.text);
  return out;
}

std::string deps(const std::string& list) {
  return "dependencies: [" + list + "]\n";
}

}  // namespace

TEST_CASE("requests of several files add up, each with its category and file") {
  const Outcome read = read_files({deps("python >=3.9, numpy"), "category: dev\n" + deps("python <3.13, pytest")});
  REQUIRE(read.places().empty());
  CHECK(read.texts() == Texts{"python >=3.9", "numpy", "python <3.13", "pytest"});
  CHECK(read.spec.requests[3].category == "dev");
  CHECK(file_name(read.spec.requests[3].where) == "file1.yml");
  CHECK(read.spec.files.size() == 2);
}

TEST_CASE("the same request twice is one, with a note") {
  const Outcome read = read_text("dependencies:\n  - numpy\n  - scipy\n  - numpy\n");
  CHECK(read.texts() == Texts{"numpy", "scipy"});
  CHECK(read.noted() == Texts{"repeated-request 4:5 5"});
}

TEST_CASE("channels are joined in an order that keeps every file's") {
  CHECK(channels(read_files({"channels: [a, b]\n" + deps(""), "channels: [c, b, d]\n" + deps("")})) ==
        Texts{"a", "c", "b", "d"});
  CHECK(channels(read_files({deps(""), "channels: [x]\n" + deps("")})) == Texts{"x"});
  CHECK(channels(read_text("channels: [a, b, a]\ndependencies: []\n")) == Texts{"a", "b"});
}

TEST_CASE("channel orders that contradict each other name both lines") {
  const Outcome two = read_files({"channels:\n  - a\n  - b\n" + deps(""), "channels:\n  - b\n  - a\n" + deps("")});
  REQUIRE(two.mistakes.size() == 1);
  CHECK(two.mistakes[0].code == "channel-order-contradicts");
  REQUIRE(two.mistakes[0].why.size() == 2);
  CHECK(two.mistakes[0].why[0].find(".yml:3") != std::string::npos);
  CHECK(two.mistakes[0].why[1].find(".yml:3") != std::string::npos);

  const Outcome three = read_files(
      {"channels: [z, a, b]\n" + deps(""), "channels: [b, c]\n" + deps(""), "channels: [c, a]\n" + deps("")});
  REQUIRE(three.mistakes.size() == 1);
  CHECK(three.mistakes[0].why.size() == 3);
}

TEST_CASE("two values of one variable name both lines, one value twice is well") {
  const Outcome same = read_files({"variables: {A: x}\n" + deps(""), "variables: {A: x, B: y}\n" + deps("")});
  CHECK(same.places().empty());
  CHECK(same.spec.variables.size() == 2);
  const Outcome other = read_files({"variables: {A: x}\n" + deps(""), "name: n\nvariables: {A: y}\n" + deps("")});
  REQUIRE(other.places() == Texts{"variable-contradicts 2:16 1"});
  CHECK(other.mistakes[0].why[1].find("file0.yml:1 it is `x`") != std::string::npos);
}

TEST_CASE("version constraints that cannot both hold name both lines") {
  const Outcome read = read_text("dependencies:\n  - python=3.10\n  - numpy\n  - python=3.11\n");
  REQUIRE(read.places() == Texts{"requests-contradict 4:5 11"});
  CHECK(read.mistakes[0].what == "`python=3.10` and `python=3.11` cannot both be met");
  CHECK(read.mistakes[0].why == Texts{"the other line is environment.yml:2: `python=3.10`"});

  const auto contradict = [](const std::string& one, const std::string& other) {
    const Outcome forth = read_text("dependencies:\n  - x" + one + "\n  - x" + other + "\n");
    const Outcome back = read_text("dependencies:\n  - x" + other + "\n  - x" + one + "\n");
    CHECK(forth.mistakes.size() == back.mistakes.size());
    return !forth.mistakes.empty() && forth.mistakes[0].code == "requests-contradict";
  };
  CHECK(contradict("<1.20", ">=1.24"));
  CHECK(contradict("<1.20", ">=1.20"));
  CHECK(contradict("<=1.20", ">1.20"));
  CHECK(contradict("=3.10", ">=3.11"));
  CHECK(contradict("=3.10", "<3.9"));
  CHECK(contradict("==1.2.3", "=1.3"));
  CHECK(contradict("==1.2.3", ">1.2.3"));
  CHECK(contradict("==1.2", "==1.3"));
  CHECK(contradict(" 3.10", "=3.11"));
  CHECK(contradict(">=1,<2", ">=2.1"));
  CHECK(contradict("~=1.4.2", "<1.4"));

  CHECK_FALSE(contradict("<=1.20", ">=1.20"));
  CHECK_FALSE(contradict("=3.10", "=3.10.4"));
  CHECK_FALSE(contradict("=3", ">=3.10"));
  CHECK_FALSE(contradict("=3.10", "<3.11"));
  CHECK_FALSE(contradict("=3.10", ">=3.9"));
  CHECK_FALSE(contradict("=3.10", ">3.10"));
  CHECK_FALSE(contradict("=3.10", "<3.10"));  // 3.10rc1 meets both
  CHECK_FALSE(contradict("==1.0", "==1.0.0"));
  CHECK_FALSE(contradict("==1.0", "=1.0.0"));
  CHECK_FALSE(contradict("<1|>3", ">=2"));
  CHECK_FALSE(contradict("!=1.2", "==1.2.1"));
}

TEST_CASE("constraints of platforms apart do not contradict") {
  CHECK(read_text("dependencies:\n  - x=1  # [linux]\n  - x=2  # [osx]\n").places().empty());
  const Outcome both = read_text("dependencies:\n  - x=1  # [linux]\n  - x=2  # [aarch64]\n");
  REQUIRE(both.places() == Texts{"requests-contradict 3:5 3"});
  CHECK(both.mistakes[0].why.back() == "both count on linux-aarch64");
}

TEST_CASE("mistakes of all files are told together") {
  const Outcome read = read_files({"name: base\n" + deps(""), "channels: 1\n" + deps("3.10")});
  CHECK(read.places() == Texts{"invalid-name 1:7 4", "not-a-list 1:11 1", "number-as-dependency 2:16 4"});
}

TEST_CASE("a file that cannot be read is named, with its neighbour") {
  const TemporaryFolder folder;
  folder.write("environment.yaml", "dependencies: []\n");
  envlock::core::Notes notes;
  try {
    envlock::spec::read({folder.path() / "environment.yml", "https://user:secret@example.com/e.yml"}, notes);
    FAIL("must throw");
  } catch (const envlock::core::Error& error) {
    REQUIRE(error.diagnostics().size() == 2);
    CHECK(error.diagnostics()[0].code == "file-not-found");
    CHECK(error.diagnostics()[0].hints.back().find("environment.yaml") != std::string::npos);
    CHECK(error.diagnostics()[1].code == "environment-file-is-url");
    CHECK(error.diagnostics()[1].what.find("secret") == std::string::npos);
  }
}

TEST_CASE("pip is implied by a pip list, else by python, and by neither when it is asked for") {
  const auto implied = [](const std::string& text, const std::string& subdir = "linux-64") {
    const auto requests = envlock::spec::requests_for(read_text(text).spec, subdir);
    if (requests.empty() || !requests.back().implied_by) return std::string("none");
    CHECK(requests.back().text == "pip");
    return *requests.back().implied_by + " " + requests.back().category;
  };
  CHECK(implied("dependencies: [numpy]\n") == "none");
  CHECK(implied("dependencies: [python=3.10]\n") == "python main");
  CHECK(implied("dependencies: [python, pip>=20]\n") == "none");
  CHECK(implied("dependencies:\n  - python\n  - pip: [wandb]\ncategory: dev\n") == "pip: dev");
  CHECK(implied("dependencies:\n  - pip  # [win]\n  - pip: [wandb]\n") == "pip: main");
  CHECK(implied("dependencies:\n  - pip  # [win]\n  - pip: [wandb]\n", "win-64") == "none");
  CHECK(implied("dependencies:\n  - numpy\n  - pip:\n    - wandb  # [win]\n") == "none");
}

TEST_CASE("only the requests of a platform are asked for there") {
  const auto spec = read_text("dependencies:\n  - a  # [linux]\n  - b  # [osx]\n  - c\n").spec;
  const auto requests = envlock::spec::requests_for(spec, "osx-arm64");
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].text == "b");
  CHECK(requests[1].text == "c");
}
