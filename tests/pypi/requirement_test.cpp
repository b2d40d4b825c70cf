#include "envlock/pypi/requirement.h"

#include <string>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

using envlock::pypi::Requirement;
using Strings = std::vector<std::string>;

namespace {

std::string canonical(const std::string& text) {
  return Requirement::parse(text).format();
}

/// "CODE:COLUMN" of what is wrong.
std::string problem(const std::string& text) {
  try {
    Requirement::parse(text);
  } catch (const envlock::core::Error& error) {
    const auto& diagnostic = error.diagnostics().front();
    return diagnostic.code + ":" + std::to_string(diagnostic.where->column);
  }
  return "none";
}

std::string lenient(const std::string& text) {
  const auto requirement = Requirement::parse_leniently(text);
  return requirement ? requirement->format() : "none";
}

}  // namespace

TEST_CASE("a requirement is taken apart") {
  const Requirement requirement =
      Requirement::parse("Transformers [Torch, vision_x,torch] >=4.40 , <5 ; python_version >= '3.9'");
  CHECK(requirement.name == "transformers");
  CHECK(requirement.extras == Strings{"torch", "vision-x"});
  CHECK(requirement.specifiers.format() == ">=4.40,<5");
  CHECK(requirement.url.empty());
  CHECK(requirement.marker.format() == "python_version >= \"3.9\"");
  CHECK(requirement.format() == "transformers[torch,vision-x]>=4.40,<5 ; python_version >= \"3.9\"");
}

TEST_CASE("PEP 508's own examples are understood") {
  const std::vector<std::pair<std::string, std::string>> examples{
      {"A", "a"},
      {"A.B-C_D", "a-b-c-d"},
      {"aa", "aa"},
      {"name", "name"},
      {"name<=1", "name<=1"},
      {"name>=3", "name>=3"},
      {"name>=3,<2", "name>=3,<2"},
      {"name@http://foo.com", "name @ http://foo.com"},
      {"name [fred,bar] @ http://foo.com ; python_version=='2.7'",
       "name[bar,fred] @ http://foo.com ; python_version == \"2.7\""},
      {"name[quux, strange];python_version<'2.7' and platform_version=='2'",
       "name[quux,strange] ; python_version < \"2.7\" and platform_version == \"2\""},
      {"name; os_name=='a' or os_name=='b'", "name ; os_name == \"a\" or os_name == \"b\""},
      {"name; os_name=='a' and os_name=='b' or os_name=='c'",
       "name ; os_name == \"a\" and os_name == \"b\" or os_name == \"c\""},
      {"name; os_name=='a' and (os_name=='b' or os_name=='c')",
       "name ; os_name == \"a\" and (os_name == \"b\" or os_name == \"c\")"},
      {"name; (os_name=='a' or os_name=='b') and os_name=='c'",
       "name ; (os_name == \"a\" or os_name == \"b\") and os_name == \"c\""},
      {"requests [security,tests] >= 2.8.1, == 2.8.* ; python_version < \"2.7\"",
       "requests[security,tests]==2.8.*,>=2.8.1 ; python_version < \"2.7\""},
      {"pip @ https://github.com/pypa/pip/archive/1.3.1.zip#sha1=da9234ee9982d4bbb3c72346a6de940a148ea686",
       "pip @ https://github.com/pypa/pip/archive/1.3.1.zip#sha1=da9234ee9982d4bbb3c72346a6de940a148ea686"}};
  for (const auto& [text, want] : examples) {
    INFO(text);
    CHECK(canonical(text) == want);
    CHECK(canonical(want) == want);
    CHECK(Requirement::parse(text) == Requirement::parse(want));
  }
}

TEST_CASE("old spellings of requirements are understood") {
  CHECK(canonical("foo (>=1.0)") == "foo>=1.0");
  CHECK(canonical("foo(>=1.0,<2) ; extra == 'Test'") == "foo>=1.0,<2 ; extra == \"test\"");
  CHECK(canonical("foo[]") == "foo");
  CHECK(canonical("  foo  ") == "foo");
  CHECK(canonical("foo==1.0;sys.platform=='win32'") == "foo==1.0 ; sys_platform == \"win32\"");
  CHECK(canonical("foo===1.0_Custom") == "foo===1.0_custom");
}

TEST_CASE("a URL holds all up to white space") {
  const Requirement requirement = Requirement::parse("foo@git+https://u:p@host/r.git@v1;x#egg=foo ; os_name == 'nt'");
  CHECK(requirement.url == "git+https://u:p@host/r.git@v1;x#egg=foo");
  CHECK(requirement.marker.format() == "os_name == \"nt\"");
  CHECK(problem("foo @ https://h/x.whl; os_name == 'nt'") == "invalid-requirement:24");
}

TEST_CASE("what is no requirement is refused at its column") {
  CHECK(problem("") == "invalid-requirement:1");
  CHECK(problem(">=1.0") == "invalid-requirement:1");
  CHECK(problem("-foo") == "invalid-requirement:1");
  CHECK(problem("foo_") == "invalid-requirement:4");
  CHECK(problem("foo bar") == "invalid-requirement:5");
  CHECK(problem("foo 1.0") == "invalid-requirement:5");
  CHECK(problem("foo=1.0") == "invalid-specifier:4");
  CHECK(problem("foo>=1.0.x") == "invalid-specifier:9");
  CHECK(problem("foo >=1.0 <2") == "invalid-specifier:11");
  CHECK(problem("foo>=1.0#c") == "invalid-specifier:9");
  CHECK(problem("foo#c") == "invalid-requirement:4");
  CHECK(problem("foo[a") == "invalid-requirement:4");
  CHECK(problem("foo[a b]") == "invalid-requirement:7");
  CHECK(problem("foo[a,]") == "invalid-requirement:7");
  CHECK(problem("foo[,a]") == "invalid-requirement:5");
  CHECK(problem("foo @") == "invalid-requirement:6");
  CHECK(problem("foo>=1;") == "invalid-marker:8");
  CHECK(problem("foo>=1; python_verson<'3'") == "invalid-marker:9");
  CHECK(problem("foo>=1 ; os_name == 'a' ; os_name == 'b'") == "invalid-marker:25");
  CHECK(problem("f\xc3\xb6o") == "invalid-requirement:2");
}

TEST_CASE("a password in a URL is not shown") {
  try {
    Requirement::parse("foo @ https://user:secret@host/x.whl nonsense");
    CHECK(false);
  } catch (const envlock::core::Error& error) {
    const auto& diagnostic = error.diagnostics().front();
    CHECK(diagnostic.what.find("secret") == std::string::npos);
    CHECK(diagnostic.where->text.find("secret") == std::string::npos);
  }
}

TEST_CASE("metadata of published packages is mended, its markers and URLs are not") {
  CHECK(lenient("elasticsearch-dsl (>=7.2.0<8.0.0)") == "elasticsearch-dsl>=7.2.0,<8.0.0");
  CHECK(lenient("torch (>=1.9.*) ; extra == 'all'") == "torch>=1.9 ; extra == \"all\"");
  CHECK(lenient("jupyter-core[x] (!=~5.0,>=4.12)") == "jupyter-core[x]>=4.12,!=5.0.*");
  CHECK(lenient("'numpy' >=1.19\"; python_version >= \"3.7\"") == "numpy>=1.19 ; python_version >= \"3.7\"");
  CHECK(lenient("botocore>=1.3.0,<1.4.0',") == "botocore>=1.3.0,<1.4.0");
  CHECK(lenient("foo>=1.0") == "foo>=1.0");
  CHECK(lenient("foo bar") == "none");
  CHECK(lenient("foo; python_version >= 3") == "none");
  CHECK(lenient("foo @ 'https://h/x.whl' nonsense") == "none");
}
