#include "envlock/pypi/metadata.h"

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

using namespace envlock;

namespace {

pypi::Metadata parse(const std::string& text) {
  return pypi::parse_metadata(text, "demo-1-py3-none-any.whl");
}
std::string refusal(const std::string& text) {
  try {
    parse(text);
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().code == "metadata-invalid");
    return error.diagnostics().front().why.front();
  }
  return "taken";
}
const std::string kStart = "Metadata-Version: 2.1\nName: My_Demo\nVersion: 1.0\n";

}  // namespace

TEST_CASE("metadata gives what a resolver asks for") {
  const pypi::Metadata metadata = parse(
      "Metadata-Version: 2.4\r\nName: My.Demo\r\nVersion: 1.0.post1\r\nsummary: A demo\r\n"
      "Requires-Python: >=3.8\r\nRequires-Dist: numpy >=1.2\r\nrequires-dist: torch ; extra == 'GPU_x'\r\n"
      "Provides-Extra: GPU_x\r\nProvides-Extra: dev\r\nProvides-Extra: gpu-x\r\nDynamic: Requires-Dist\r\n"
      "License: MIT License\r\nLicense-Expression: MIT\r\n\r\nRequires-Dist: in the description\r\n");
  CHECK(metadata.metadata_version == "2.4");
  CHECK(metadata.name == "my-demo");
  CHECK(metadata.version == "1.0.post1");
  CHECK(metadata.summary == "A demo");
  CHECK(metadata.requires_python == ">=3.8");
  CHECK(metadata.requires_dist == std::vector<std::string>{"numpy >=1.2", "torch ; extra == 'GPU_x'"});
  CHECK(metadata.provides_extra == std::vector<std::string>{"dev", "gpu-x"});
  CHECK(metadata.dynamic == std::vector<std::string>{"requires-dist"});
  CHECK(metadata.license == "MIT");
  CHECK(metadata.license_expression == "MIT");
}

TEST_CASE("lines that continue a field belong to it") {
  const pypi::Metadata metadata = parse(kStart + "Requires-Dist: numpy\n  >=1.2,\n\t<2\nRequires-Dist: torch\n");
  CHECK(metadata.requires_dist == std::vector<std::string>{"numpy >=1.2, <2", "torch"});
}

TEST_CASE("a licence of one line is told, a text is not, and UNKNOWN is nothing") {
  CHECK(parse(kStart + "License: BSD\n").license == "BSD");
  CHECK(parse(kStart + "License: BSD\n        Copyright\n").license.empty());
  CHECK(parse(kStart + "License: UNKNOWN\nSummary: UNKNOWN\n").license.empty());
  CHECK(parse(kStart + "Summary: UNKNOWN\n").summary.empty());
}

TEST_CASE("a text pasted into the head does not hide what follows it") {
  CHECK(
      parse(kStart + "License: MIT\nCopyright (c) somebody\nall rights\nRequires-Dist: numpy\n").requires_dist.size() ==
      1);
}

TEST_CASE("metadata without name or version, or with two, is refused") {
  CHECK(refusal("") == "it has no `Name`");
  CHECK(refusal("<html><body>Sign in</body></html>") == "it has no `Name`");
  CHECK(refusal("Name: demo\n") == "it has no `Version`");
  CHECK(refusal("Name: demo\n\nVersion: 1\n") == "it has no `Version`");
  CHECK(refusal("Name: -demo\nVersion: 1\n") == "`-demo` is no name of a project");
  CHECK(refusal(kStart + "Name: other\n") == "it has two of `name`: My_Demo and other");
  CHECK(refusal(kStart + "Version: 2\n") == "it has two of `version`: 1.0 and 2");
  CHECK(refusal(kStart + "Name: My_Demo\n") == "taken");
  CHECK(refusal(kStart + std::string(11 << 20, 'x')) == "it is larger than 10 MiB");
}

TEST_CASE("bytes that are no text reach nobody's terminal") {
  CHECK(parse(kStart + "Summary: \x1b[31mred\xff\n").summary == "\\x1B[31mred\\xFF");
  CHECK(parse("\xef\xbb\xbf" + kStart).name == "my-demo");
}
