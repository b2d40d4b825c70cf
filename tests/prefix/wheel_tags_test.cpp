#include <string>

#include "envlock/prefix/wheel.h"
#include "support/catch.h"

using envlock::prefix::wheel_fits;

namespace {

bool fits(const std::string& tags, const std::string& python = "3.12", const std::string& glibc = "2.28",
          const std::string& machine = "x86_64") {
  return wheel_fits("foo-1.0-" + tags + ".whl", python, glibc, machine);
}

}  // namespace

TEST_CASE("pure wheels fit every machine of their python") {
  CHECK(fits("py3-none-any"));
  CHECK(fits("py2.py3-none-any"));
  CHECK(fits("py312-none-any"));
  CHECK(fits("py38-none-any"));
  CHECK(fits("cp312-none-any"));
  CHECK(fits("1-py3-none-any"));
  CHECK(fits("py3-none-any", "3.12", "", "riscv64"));
  CHECK_FALSE(fits("py2-none-any"));
  CHECK_FALSE(fits("py313-none-any"));
  CHECK_FALSE(fits("cp311-none-any"));
  CHECK_FALSE(fits("pp310-none-any"));
}

TEST_CASE("binary wheels fit their interpreter and those of the stable ABI") {
  CHECK(fits("cp312-cp312-manylinux_2_17_x86_64"));
  CHECK(fits("cp37-cp37m-manylinux1_x86_64", "3.7"));
  CHECK(fits("cp38-abi3-manylinux2014_x86_64"));
  CHECK(fits("cp312-abi3-linux_x86_64"));
  CHECK_FALSE(fits("cp313-abi3-manylinux2014_x86_64"));
  CHECK_FALSE(fits("cp311-cp311-manylinux_2_17_x86_64"));
  CHECK_FALSE(fits("cp312-cp311-manylinux_2_17_x86_64"));
  CHECK_FALSE(fits("cp312-cp312d-manylinux_2_17_x86_64"));
}

TEST_CASE("a free-threaded python takes only what was built for it") {
  CHECK(fits("cp313-cp313t-manylinux_2_17_x86_64", "3.13t"));
  CHECK(fits("py3-none-any", "3.13t"));
  CHECK_FALSE(fits("cp313-cp313-manylinux_2_17_x86_64", "3.13t"));
  CHECK_FALSE(fits("cp38-abi3-manylinux_2_17_x86_64", "3.13t"));
  CHECK_FALSE(fits("cp313-cp313t-manylinux_2_17_x86_64", "3.13"));
}

TEST_CASE("the glibc and the machine must be there") {
  CHECK(fits("py3-none-manylinux_2_28_x86_64"));
  CHECK(fits("py3-none-manylinux2010_x86_64"));
  CHECK(fits("py3-none-manylinux_2_39_x86_64.manylinux2014_x86_64"));
  CHECK(fits("py3-none-manylinux_2_17_aarch64", "3.12", "2.28", "aarch64"));
  CHECK_FALSE(fits("py3-none-manylinux_2_29_x86_64"));
  CHECK_FALSE(fits("py3-none-manylinux_2_17_aarch64"));
  CHECK_FALSE(fits("py3-none-manylinux_2_17_x86_64", "3.12", ""));
  CHECK_FALSE(fits("py3-none-manylinux_3_0_x86_64"));
  CHECK_FALSE(fits("py3-none-musllinux_1_2_x86_64"));
  CHECK_FALSE(fits("py3-none-macosx_11_0_arm64"));
  CHECK_FALSE(fits("py3-none-win_amd64"));
}

TEST_CASE("what is no wheel's name fits nothing") {
  for (const std::string name : {"", ".whl", "foo.whl", "foo-1.0-py3-none.whl", "foo-1.0-py3-none-any.tar.gz",
                                 "foo-1.0-x-py3-none-any.whl", "foo-1.0--none-any.whl", "a-b-c-d-e-f-g.whl"}) {
    CHECK_FALSE(wheel_fits(name, "3.12", "2.28", "x86_64"));
  }
  CHECK_FALSE(fits("py3-none-any", ""));
  CHECK_FALSE(fits("py3-none-any", "3"));
  CHECK_FALSE(fits("py3-none-manylinux_", "3.12"));
  CHECK_FALSE(fits("py3-none-manylinux_2_17", "3.12"));
  CHECK_FALSE(fits("py-none-any", "3.12"));
  CHECK_FALSE(fits("py3x-none-any", "3.12"));
}
