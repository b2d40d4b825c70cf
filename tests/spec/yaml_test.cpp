#include <cstdlib>

#include "reading.h"

using namespace envlock_test;

namespace {

std::string utf_16(std::string_view ascii, bool little) {
  std::string out = little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : ascii) out += little ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}

}  // namespace

TEST_CASE("malformed YAML is told in words, at its place") {
  const auto first = [](std::string_view text) {
    const Outcome read = read_text(text);
    REQUIRE(read.mistakes.size() == 1);
    return read.places()[0] + ": " + read.mistakes[0].what;
  };
  CHECK(first("name: a: b\n") == "malformed-yaml 1:8 1: a `:` stands where no value can begin");
  CHECK(first("dependencies: [a, b\n").substr(0, 14) == "malformed-yaml");
  CHECK(first("dependencies:\n - a\n  - b: 1\n   c: 2\n- d\n").substr(0, 14) == "malformed-yaml");
  CHECK(first("dependencies:\n  - *\n").substr(0, 14) == "malformed-yaml");
  CHECK(first("dependencies:\n  - *nothing\n").substr(0, 14) == "malformed-yaml");
  CHECK(first("dependencies:\n  - \"a\n").substr(0, 14) == "malformed-yaml");
  CHECK(first("dependencies:\n\t- a\n") ==
        "tab-in-indentation 2:1 1: the line is indented with a tab, which YAML forbids");
  CHECK(first("dependencies:\n  - pip:\n    - a\n  \t- b\n").substr(0, 18) == "tab-in-indentation");
  CHECK(first("dependencies: []\n---\na: b\n").substr(0, 17) == "several-documents");
}

TEST_CASE("what is no environment file is told apart") {
  CHECK(read_text("").places() == Texts{"not-an-environment-file 0:0 0"});
  CHECK(read_text("# only a comment\n").places() == Texts{"not-an-environment-file 0:0 0"});
  CHECK(read_text("numpy\nscipy\n").places() == Texts{"not-an-environment-file 1:1 5"});
  CHECK(read_text("- numpy\n").places() == Texts{"not-an-environment-file 1:1 7"});
  CHECK(read_text("# platform: linux-64\n@EXPLICIT\nhttps://x/y.conda\n").places() ==
        Texts{"not-an-environment-file 2:0 0"});
  CHECK(read_text("\xFF\xFF\xFFgarbage").places() == Texts{"not-utf-8 0:0 0"});
}

TEST_CASE("a key given twice names both lines") {
  const Outcome read = read_text("name: a\ndependencies: []\nname: b\n");
  REQUIRE(read.places() == Texts{"duplicate-key 3:1 4"});
  CHECK(read.mistakes[0].why[0].substr(0, 34) == "the first is at environment.yml:1;");
}

TEST_CASE("UTF-16, marks and all line ends read the same") {
  const std::string text = "dependencies:\n  - numpy  # [linux]\n  - scipy\n";
  std::string crlf;
  for (const char c : text) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const Texts expected = {"numpy # [linux]", "scipy"};
  for (const std::string& bytes : {text, crlf, "\xEF\xBB\xBF" + text, utf_16(text, true), utf_16(crlf, false)}) {
    const Outcome read = read_text(bytes);
    CHECK(read.texts() == expected);
    CHECK(read.spec.requests.at(1).where.line == 3);
    CHECK(read.spec.requests.at(1).where.column == 5);
    CHECK(read.spec.requests.at(1).where.text == "  - scipy");
  }
}

TEST_CASE("columns count code points") {
  const Outcome read = read_text("name: \"\xC3\xA4\xE2\x82\xAC/\"\ndependencies: []\n");
  REQUIRE(read.places() == Texts{"invalid-name 1:7 5"});
  CHECK(read_text("{category: \"\xC3\xA4\xE2\x82\xAC\", dependencies: [3.10]}\n").places() ==
        Texts{"number-as-dependency 1:33 4"});
}

TEST_CASE("a control character is refused before YAML can stop at it") {
  CHECK(read_text(std::string_view("dependencies:\n  - a\x04\n  - b\n")).places() == Texts{"control-character 2:6 4"});
  CHECK(read_text(std::string_view("dependencies: []\0", 17)).places().at(0).substr(0, 17) == "control-character");
}

TEST_CASE("aliases and merge keys work, and cannot grow without bound") {
  const Outcome read = read_text(
      "variables: &v {A: x}\n"
      "dependencies: &d\n  - &n numpy  # [linux]\n  - *n\n  - scipy\n");
  CHECK(read.places().empty());
  CHECK(read.texts() == Texts{"numpy # [linux]", "numpy", "scipy"});
  const Outcome merged = read_text("x: &x {A: 1a, B: b}\nvariables: {<<: *x, A: a}\ndependencies: []\n");
  REQUIRE(merged.spec.variables.size() == 2);
  CHECK(merged.spec.variables.at("A").value == "a");

  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    laughs += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i) laughs += std::string(i == 0 ? "*" : ", *") + static_cast<char>(c - 1);
    laughs += "]\n";
  }
  CHECK(read_text(laughs + "dependencies: *y\n").places().at(0).substr(0, 11) == "nested-list");
  CHECK(read_text("dependencies: &a [*a]\n").places().at(0).substr(0, 11) == "nested-list");
  CHECK(read_text("variables: &a {<<: *a}\ndependencies: []\n").places().at(0).substr(0, 15) == "alias-too-large");

  std::string pips = "x: &x [" + std::string("a,");
  for (int i = 0; i < 2000; ++i) pips += "p, ";
  pips += "z]\ndependencies:\n";
  for (int i = 0; i < 200; ++i) pips += "  - pip: *x\n";
  CHECK(read_text(pips).places().at(0).substr(0, 15) == "alias-too-large");
}

TEST_CASE("nesting is bounded") {
  CHECK(read_text("dependencies: " + std::string(100000, '[')).places().at(0).substr(0, 13) == "yaml-too-deep");
  CHECK(read_text(std::string(100000, '{')).places().at(0).substr(0, 13) == "yaml-too-deep");
}

TEST_CASE("more mistakes than anybody reads are cut off") {
  std::string text = "dependencies:\n";
  for (int i = 0; i < 5000; ++i) text += "  - 3.1\n";
  const Outcome read = read_text(text);
  CHECK(read.mistakes.size() == 101);
  CHECK(read.mistakes.back().code == "too-many-mistakes");
}

TEST_CASE("a very long line is not drawn, and its columns stay true") {
  std::string text = "dependencies: [";
  for (int i = 0; i < 20000; ++i) text += "p" + std::to_string(i) + ", ";
  const std::size_t column = text.size() + 1;
  const Outcome read = read_text(text + "3.10]\n");
  REQUIRE(read.mistakes.size() == 1);
  CHECK(read.mistakes[0].where->column == static_cast<int>(column));
  CHECK(read.mistakes[0].where->text.empty());
}

TEST_CASE("variables become text, with a note for what YAML reads otherwise") {
  const Outcome read =
      read_text("variables:\n  A: on\n  B: 3.10\n  C: \"on\"\n  D:\n  E: 0755\n  F: plain text\ndependencies: []\n");
  REQUIRE(read.places().empty());
  CHECK(read.spec.variables.at("A").value == "on");
  CHECK(read.spec.variables.at("B").value == "3.10");
  CHECK(read.spec.variables.at("C").value == "on");
  CHECK(read.spec.variables.at("D").value.empty());
  CHECK(read.spec.variables.at("E").value == "0755");
  CHECK(read.noted() == Texts{"variable-not-text 2:6 2", "variable-not-text 3:6 4", "variable-not-text 5:4 1",
                              "variable-not-text 6:6 4"});
  CHECK(read_text("variables: {A: [1]}\ndependencies: []\n").places() == Texts{"not-text 1:16 4"});
  CHECK(read_text("variables: [A]\ndependencies: []\n").places() == Texts{"not-a-map 1:12 3"});
}

TEST_CASE("names and prefixes that cannot be are refused") {
  const auto places = [](const std::string& line) { return read_text(line + "\ndependencies: []\n").places(); };
  CHECK(places("name: root") == Texts{"invalid-name 1:7 4"});
  CHECK(places("name: a b") == Texts{"invalid-name 1:7 3"});
  CHECK(places("name: 'a#b'") == Texts{"invalid-name 1:7 5"});
  CHECK(places("name: 2024").empty());
  CHECK(places("prefix: /opt/envs/my env") == Texts{"invalid-name 1:9 16"});
  CHECK(places("prefix: /opt/my envs/env").empty());
  CHECK(places("prefix: /usr/") == Texts{"invalid-name 1:9 5"});
  CHECK(places("prefix: C:\\Users\\x y\\envs\\e").empty());
}

TEST_CASE("platforms are subdirs or can be profiles") {
  const auto read = [](const std::string& name) { return read_text("platforms: [" + name + "]\ndependencies: []\n"); };
  CHECK(read("linux-64-cuda12").places().empty());
  CHECK(read("linux-64-a").places().empty());
  CHECK(read("cluster").places().empty());
  for (const auto& [wrong, right] : std::vector<std::pair<std::string, std::string>>{{"linux64", "linux-64"},
                                                                                     {"linx-64", "linux-64"},
                                                                                     {"osx_arm64", "osx-arm64"},
                                                                                     {"macos-arm64", "osx-arm64"},
                                                                                     {"linux-x86_64", "linux-64"}}) {
    INFO(wrong);
    const Outcome outcome = read(wrong);
    REQUIRE(outcome.mistakes.size() == 1);
    CHECK(outcome.mistakes[0].hints == Texts{"did you mean `" + right + "`?"});
  }
  CHECK(read("noarch").mistakes.at(0).what == "`noarch` is not a platform to lock for");
}

TEST_CASE("variables are expanded in channels only, and secrets of their lines masked") {
  ::setenv("ENVLOCK_TEST_TOKEN", "tk-123", 1);
  ::unsetenv("ENVLOCK_TEST_UNSET");
  const Outcome read = read_text(
      "channels:\n  - https://example.com/t/${ENVLOCK_TEST_TOKEN}/stable/\n  - $ENVLOCK_TEST_UNSET/x\n"
      "  - https://user:secret@example.com/c  # mine\ndependencies:\n  - numpy # $HOME\n");
  REQUIRE(read.spec.channels.size() == 3);
  CHECK(read.spec.channels[0].text == "https://example.com/t/tk-123/stable");
  CHECK(read.spec.channels[0].written == "https://example.com/t/${ENVLOCK_TEST_TOKEN}/stable/");
  CHECK(read.noted() == Texts{"variable-not-set 3:5 21"});
  CHECK(read.spec.channels[2].where.text.find("secret") == std::string::npos);
  CHECK(read.spec.channels[2].where.column == 5);
}
