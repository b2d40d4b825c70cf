#include "envlock/pypi/marker.h"

#include <string>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

using envlock::pypi::make_marker_environment;
using envlock::pypi::Marker;
using envlock::pypi::MarkerEnvironment;

namespace {

bool holds(const std::string& marker, const std::vector<std::string>& extras = {},
           const std::string& subdir = "linux-64", const std::string& python = "3.12.7") {
  return Marker::parse(marker).holds(make_marker_environment(subdir, python), extras);
}

int column_of_error(const std::string& text) {
  try {
    Marker::parse(text);
  } catch (const envlock::core::Error& error) {
    CHECK(error.diagnostics().front().code == "invalid-marker");
    return error.diagnostics().front().where->column;
  }
  return 0;
}

std::string canonical(const std::string& text) {
  return Marker::parse(text).format();
}

}  // namespace

TEST_CASE("the environment of a platform is known without the machine") {
  const MarkerEnvironment linux_64 = make_marker_environment("linux-64", "3.12.7");
  CHECK(linux_64.os_name == "posix");
  CHECK(linux_64.sys_platform == "linux");
  CHECK(linux_64.platform_system == "Linux");
  CHECK(linux_64.platform_machine == "x86_64");
  CHECK(linux_64.platform_python_implementation == "CPython");
  CHECK(linux_64.implementation_name == "cpython");
  CHECK(linux_64.python_version == "3.12");
  CHECK(linux_64.python_full_version == "3.12.7");
  CHECK(linux_64.implementation_version == "3.12.7");
  CHECK(linux_64.platform_release.empty());
  CHECK(linux_64.platform_version.empty());
  const MarkerEnvironment osx_arm64 = make_marker_environment("osx-arm64", "3.13.0rc1");
  CHECK(osx_arm64.sys_platform == "darwin");
  CHECK(osx_arm64.platform_machine == "arm64");
  CHECK(osx_arm64.python_version == "3.13");
  CHECK(make_marker_environment("win-64", "3.12.7").platform_machine == "AMD64");
  CHECK(make_marker_environment("win-arm64", "3.12.7").platform_machine == "ARM64");
  CHECK(make_marker_environment("win-64", "3.12.7").os_name == "nt");
  CHECK(make_marker_environment("linux-aarch64", "3.12.7").platform_machine == "aarch64");
  CHECK(make_marker_environment("linux-32", "3.10rc1").python_version == "3.10");
  CHECK(make_marker_environment("osx-64", "3").python_version == "3");
}

TEST_CASE("versions of python are compared as versions") {
  CHECK(holds("python_version < '3.13'"));
  CHECK(holds("python_version > '3.9'"));
  CHECK(holds("python_version >= '3'"));
  CHECK(holds("python_full_version >= '3.12.1'"));
  CHECK(holds("python_version == '3.12.*'"));
  CHECK(holds("python_version ~= '3.8'"));
  CHECK(holds("'3.9' < python_version"));
  CHECK(holds("implementation_version >= '3.12'"));
  CHECK_FALSE(holds("python_version != '3.12'"));
  CHECK_FALSE(holds("python_version <= '2.7'"));
  CHECK_FALSE(holds("python_version < '3.9'"));
  CHECK_FALSE(holds("python_full_version < '3.13'", {}, "linux-64", "3.13.0rc1"));
  CHECK(holds("python_full_version >= '3.13.0rc1'", {}, "linux-64", "3.13.0rc1"));
}

TEST_CASE("other values are texts, which have no order") {
  CHECK(holds("sys_platform == 'linux'"));
  CHECK(holds("sys_platform != 'win32'"));
  CHECK(holds("os_name=='posix'"));
  CHECK(holds("'linux' in sys_platform"));
  CHECK(holds("platform_machine in 'x86_64 AMD64'"));
  CHECK(holds("platform_machine not in 'arm64 aarch64'"));
  CHECK(holds("python_version in '2.7 3.12'"));
  CHECK(holds("sys_platform >= 'linux'"));
  CHECK(holds("sys_platform === 'linux'"));
  CHECK_FALSE(holds("sys_platform > 'darwin'"));
  CHECK_FALSE(holds("sys_platform < 'win32'"));
  CHECK_FALSE(holds("sys_platform ~= 'linux'"));
  CHECK_FALSE(holds("sys_platform == 'Linux'"));
  // No version of PEP 440, so no order either.
  CHECK_FALSE(holds("python_version >= '3.x'"));
  CHECK_FALSE(holds("python_version >= '3,4'"));
  CHECK(holds("platform_python_implementation == 'CPython' and implementation_name == 'cpython'"));
}

TEST_CASE("PEP 508's own examples") {
  CHECK(holds("os_name == 'nt' or python_version == '3.12'"));
  CHECK_FALSE(holds("python_version < '2.7'"));
  CHECK(holds("python_version<='3.12' and (os_name == 'posix' or os_name == 'nt')"));
  CHECK_FALSE(holds("(os_name == 'a' or os_name == 'b') and os_name == 'posix'"));
  // "and" binds closer than "or".
  CHECK(holds("os_name == 'posix' or os_name == 'a' and os_name == 'b'"));
  CHECK_FALSE(holds("(os_name == 'posix' or os_name == 'a') and os_name == 'b'"));
}

TEST_CASE("extra is each of the extras, and nothing without any") {
  CHECK_FALSE(holds("extra == 'test'"));
  CHECK(holds("extra == 'test'", {"test"}));
  CHECK(holds("extra == 'Foo.Bar'", {"foo-bar", "test"}));
  CHECK(holds("'test' == extra", {"a", "test"}));
  CHECK(holds("extra != 'test'"));
  CHECK(holds("extra != 'test'", {"a"}));
  CHECK_FALSE(holds("extra != 'test'", {"a", "test"}));
  CHECK(holds("extra == 'a' and extra == 'b'", {"a", "b"}));
  CHECK(holds("extra == ''"));
  CHECK_FALSE(holds("python_version < '3' and extra == 'test'", {"test"}));
  CHECK(Marker::parse("extra == 'x'").asks_for_extra());
  CHECK_FALSE(Marker::parse("os_name == 'extra'").asks_for_extra());
}

TEST_CASE("markers are those of the platform asked for") {
  const std::string marker = "sys_platform == 'darwin' and platform_machine == 'arm64'";
  CHECK_FALSE(holds(marker));
  CHECK(holds(marker, {}, "osx-arm64"));
  CHECK_FALSE(holds(marker, {}, "osx-64"));
  CHECK(holds("platform_system == 'Windows' and platform_machine == 'AMD64'", {}, "win-64"));
}

TEST_CASE("what a lock cannot know is told") {
  CHECK(Marker::parse("platform_release >= '5'").asks_for_unknown());
  CHECK(Marker::parse("os_name == 'nt' or (python_version < '3' and 'Microsoft' in platform.version)")
            .asks_for_unknown());
  CHECK_FALSE(Marker::parse("os_name == 'platform_release'").asks_for_unknown());
  CHECK_FALSE(holds("platform_release >= '5'"));
  CHECK_FALSE(holds("platform_release < '5'"));
  CHECK_FALSE(Marker().asks_for_unknown());
}

TEST_CASE("one text for every way to write the same marker") {
  CHECK(canonical("python_version>='3.9'") == "python_version >= \"3.9\"");
  CHECK(canonical("\"a\"  not   in os_name") == "\"a\" not in os_name");
  CHECK(canonical("os.name == 'x' or python_implementation == 'y'") ==
        "os_name == \"x\" or platform_python_implementation == \"y\"");
  CHECK(canonical("((os_name == 'a')) and (sys.platform == 'b' and platform.machine == 'c')") ==
        "os_name == \"a\" and sys_platform == \"b\" and platform_machine == \"c\"");
  CHECK(canonical("(os_name=='a' and os_name=='b') or (os_name=='c' or os_name=='d')") ==
        "os_name == \"a\" and os_name == \"b\" or os_name == \"c\" or os_name == \"d\"");
  CHECK(canonical("os_name=='a' and (os_name=='b' or (os_name=='c' and os_name=='d'))") ==
        "os_name == \"a\" and (os_name == \"b\" or os_name == \"c\" and os_name == \"d\")");
  CHECK(canonical("extra == 'Foo_Bar'") == "extra == \"foo-bar\"");
  CHECK(canonical("os_name == 'say \"a\"'") == "os_name == 'say \"a\"'");
  CHECK(Marker::parse("os_name=='a'") == Marker::parse("( os_name == \"a\" )"));
  CHECK(Marker().always());
  CHECK(Marker().format().empty());
  CHECK(Marker().holds(MarkerEnvironment{}));
  for (const std::string text : {"os_name == \"a\"", "os_name == \"a\" and (os_name == \"b\" or os_name == \"c\")"}) {
    CHECK(canonical(text) == text);
  }
}

TEST_CASE("what is no marker is refused at its column") {
  CHECK(column_of_error("") == 1);
  CHECK(column_of_error("python_verson < '3'") == 1);
  CHECK(column_of_error("python_version") == 15);
  CHECK(column_of_error("python_version < 3") == 18);
  CHECK(column_of_error("python_version < '3") == 18);
  CHECK(column_of_error("python_version = '3'") == 16);
  CHECK(column_of_error("python_version < '3' and") == 25);
  CHECK(column_of_error("python_version < '3' os_name == 'x'") == 22);
  CHECK(column_of_error("(python_version < '3'") == 1);
  CHECK(column_of_error("python_version < '3')") == 21);
  CHECK(column_of_error("os_name notin 'x'") == 9);
  CHECK(column_of_error("os_name not 'x'") == 9);
  CHECK(column_of_error("os_name == 'a\\'") == 14);
  CHECK(column_of_error("os_name == 'a\tb'") == 14);
  CHECK(column_of_error("'x' in extras") == 8);
  CHECK(column_of_error(std::string(65, '(') + "os_name == 'a'" + std::string(65, ')')) == 65);
  CHECK(canonical(std::string(64, '(') + "os_name == 'a'" + std::string(64, ')')) == "os_name == \"a\"");
}
