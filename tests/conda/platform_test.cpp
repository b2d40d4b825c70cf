#include "envlock/conda/platform.h"

#include <algorithm>
#include <string>
#include <vector>

#include "envlock/conda/version.h"
#include "support/catch.h"

using envlock::conda::default_virtual_packages;
using envlock::conda::make_platform;
using envlock::conda::parse_virtual_package;
using envlock::conda::VirtualPackage;

namespace {

std::vector<std::string> texts(const std::vector<VirtualPackage>& packages) {
  std::vector<std::string> result;
  for (const VirtualPackage& package : packages) result.push_back(format(package));
  return result;
}

}  // namespace

TEST_CASE("a virtual package is read with or without version and build") {
  CHECK(parse_virtual_package("__glibc=2.36=0") == VirtualPackage{"__glibc", "2.36", "0"});
  CHECK(parse_virtual_package("__glibc=2.36") == VirtualPackage{"__glibc", "2.36", "0"});
  CHECK(parse_virtual_package("__glibc==2.36") == VirtualPackage{"__glibc", "2.36", "0"});
  CHECK(parse_virtual_package(" __unix ") == VirtualPackage{"__unix", "0", "0"});
  CHECK(parse_virtual_package("__archspec=1=x86_64_v3") == VirtualPackage{"__archspec", "1", "x86_64_v3"});
  CHECK(parse_virtual_package("__cuda=") == VirtualPackage{"__cuda", "", "0"});
  CHECK(format(parse_virtual_package("__archspec=1=x86_64_v3")) == "__archspec=1=x86_64_v3");
}

TEST_CASE("text that is no virtual package is refused") {
  const auto wrong =
      GENERATE(as<std::string>(), "", "glibc=2.36", "__", "__glibc=2..36", "__glibc=2.36=0=1",
               "__glibc==", "__glibc=2.36=", "__glibc=2.36=a b", "__gl ibc=2", "__glibc=>=2", "__\x1b[31m=1");
  CAPTURE(wrong);
  try {
    parse_virtual_package(wrong);
    FAIL("accepted");
  } catch (const envlock::core::Error& error) {
    CHECK(error.diagnostics().front().code == "invalid-virtual-package");
    CHECK(error.diagnostics().front().what.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("the known subdirs are sorted and hold no noarch") {
  const auto& subdirs = envlock::conda::known_subdirs();
  CHECK(std::is_sorted(subdirs.begin(), subdirs.end()));
  CHECK(envlock::conda::is_known_subdir("linux-64"));
  CHECK(envlock::conda::is_known_subdir("osx-arm64"));
  CHECK_FALSE(envlock::conda::is_known_subdir("noarch"));
  CHECK_FALSE(envlock::conda::is_known_subdir("linux"));
  CHECK(envlock::conda::is_known_subdir(envlock::conda::native_subdir()));
}

TEST_CASE("the defaults of a subdir are those of the documented table, version 1") {
  using Texts = std::vector<std::string>;
  REQUIRE(envlock::conda::kVirtualPackageDefaultsVersion == 1);
  CHECK(texts(default_virtual_packages("linux-64")) ==
        Texts{"__archspec=1=x86_64", "__glibc=2.28=0", "__linux=4.18=0", "__unix=0=0"});
  CHECK(texts(default_virtual_packages("linux-aarch64")) ==
        Texts{"__archspec=1=aarch64", "__glibc=2.28=0", "__linux=4.18=0", "__unix=0=0"});
  CHECK(texts(default_virtual_packages("linux-ppc64le")).front() == "__archspec=1=ppc64le");
  CHECK(texts(default_virtual_packages("osx-64")) == Texts{"__archspec=1=x86_64", "__osx=13.0=0", "__unix=0=0"});
  CHECK(texts(default_virtual_packages("osx-arm64")) == Texts{"__archspec=1=m1", "__osx=13.0=0", "__unix=0=0"});
  CHECK(texts(default_virtual_packages("win-64")) == Texts{"__archspec=1=x86_64", "__win=10.0=0"});
  CHECK(texts(default_virtual_packages("emscripten-wasm32")) == Texts{"__archspec=1=wasm32", "__unix=0=0"});
  CHECK(default_virtual_packages("noarch").empty());
}

TEST_CASE("every default can be read back and CUDA is never assumed") {
  for (const std::string& subdir : envlock::conda::known_subdirs()) {
    const auto packages = default_virtual_packages(subdir);
    CHECK(std::is_sorted(packages.begin(), packages.end()));
    for (const VirtualPackage& package : packages) {
      CHECK(parse_virtual_package(format(package)) == package);
      CHECK(package.name.find("__cuda") == std::string::npos);
    }
  }
}

TEST_CASE("a profile puts its own packages over the defaults") {
  const auto platform = make_platform("linux-64-cuda12", "linux-64",
                                      {{"__cuda", "12.9", "0"}, {"__glibc", "2.36", "0"}, {"__archspec", "", "0"}});
  CHECK(platform.name == "linux-64-cuda12");
  CHECK(texts(platform.virtual_packages) ==
        std::vector<std::string>{"__cuda=12.9=0", "__glibc=2.36=0", "__linux=4.18=0", "__unix=0=0"});
  const auto twice = make_platform("x", "linux-64", {{"__cuda", "12.0", "0"}, {"__cuda", "12.9", "0"}});
  CHECK(texts(twice.virtual_packages).at(1) == "__cuda=12.9=0");
}
