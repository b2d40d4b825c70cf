#include <string>

#include "envlock/pypi/tags.h"
#include "support/catch.h"

using envlock::pypi::parse_sdist_version;
using envlock::pypi::parse_wheel_name;
using Strings = std::vector<std::string>;

TEST_CASE("a wheel's name is taken apart") {
  const auto wheel =
      parse_wheel_name("Ruamel.YAML_clib-0.2.8-1b-cp312-cp312-manylinux_2_5_x86_64.manylinux1_x86_64.whl");
  REQUIRE(wheel);
  CHECK(wheel->name == "ruamel-yaml-clib");
  CHECK(wheel->version == "0.2.8");
  REQUIRE(wheel->build);
  CHECK(wheel->build->first == 1);
  CHECK(wheel->build->second == "b");
  CHECK(wheel->pythons == Strings{"cp312"});
  CHECK(wheel->abis == Strings{"cp312"});
  CHECK(wheel->platforms == Strings{"manylinux_2_5_x86_64", "manylinux1_x86_64"});
}

TEST_CASE("what is no wheel's name is none") {
  for (const char* text :
       {"", ".whl", "foo.whl", "foo-1.0-py3-none.whl", "foo-1.0-py3-none-any.tar.gz", "foo-1.0-x-py3-none-any.whl",
        "foo-1.0--none-any.whl", "a-b-c-d-e-f-g.whl", "foo-1.0-py2..py3-none-any.whl", "foo-1.0-py3-none-any/x.whl",
        "foo-1.0-99999999999999999999-py3-none-any.whl", "_-1.0-py3-none-any.whl", "foo-1.0-py3-none-any.WHL"}) {
    CHECK_FALSE(parse_wheel_name(text));
  }
}

TEST_CASE("old wheels have their version escaped") {
  CHECK(parse_wheel_name("foo-1.0_1-py3-none-any.whl")->version == "1.0-1");
  CHECK(parse_wheel_name("torch-2.5.1+cu121-cp312-cp312-linux_x86_64.whl")->version == "2.5.1+cu121");
  CHECK(parse_wheel_name("foo-1.0+local_2-py3-none-any.whl")->version == "1.0+local-2");
}

TEST_CASE("a source distribution is found by its project's name") {
  CHECK(parse_sdist_version("foo-1.0.tar.gz", "foo") == "1.0");
  CHECK(parse_sdist_version("Foo_Bar-1.0rc1.zip", "foo-bar") == "1.0rc1");
  CHECK(parse_sdist_version("foo-bar-1.0-1.tar.bz2", "foo-bar") == "1.0-1");
  CHECK(parse_sdist_version("foo-bar-1.0.tar.gz", "foo") == "bar-1.0");
  CHECK_FALSE(parse_sdist_version("foo-1.0.tar.gz", "bar"));
  CHECK_FALSE(parse_sdist_version("foo-1.0.exe", "foo"));
  CHECK_FALSE(parse_sdist_version("foo-.tar.gz", "foo"));
  CHECK_FALSE(parse_sdist_version("foo.tar.gz", "foo"));
  CHECK_FALSE(parse_sdist_version(".tar.gz", ""));
}
