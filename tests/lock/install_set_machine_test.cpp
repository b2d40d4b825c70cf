#include <algorithm>

#include "envlock/lock/import.h"
#include "install_set_fixtures.h"
#include "support/catch.h"

// Which platform of a lock fits a machine, and what the machine lacks.

using namespace envlock_test;

namespace {

using conda::VirtualPackage;
using Machine = std::vector<VirtualPackage>;

Machine machine(const std::vector<std::string>& facts) {
  Machine all;
  for (const std::string& fact : facts) all.push_back(conda::parse_virtual_package(fact));
  return all;
}

const Machine kLaptop = machine({"__archspec=1=zen4", "__glibc=2.36", "__linux=6.1.0", "__unix=0"});
const Machine kServer = machine({"__archspec=1=icelake", "__cuda=12.4", "__glibc=2.36", "__linux=6.1.0", "__unix=0"});

lock::InstallSet set_of(const std::vector<std::pair<std::string, std::vector<std::string>>>& profiles) {
  lock::InstallSet set;
  for (const auto& [name, facts] : profiles) {
    lock::InstallPlatform platform;
    platform.platform = {name, "linux-64", machine(facts)};
    set.platforms.push_back(platform);
  }
  return set;
}

std::string chosen(const lock::InstallSet& set, const Machine& here, const std::string& subdir = "linux-64") {
  try {
    return lock::choose_platform(set, subdir, here, "env.lock").platform.name;
  } catch (const core::Error& error) {
    const core::Diagnostic& first = error.diagnostics().front();
    std::string text = first.code + ": " + first.what;
    for (const std::string& each : first.why) text += "\n" + each;
    return text;
  }
}

conda::PackageRecord needing(const std::string& name, std::vector<std::string> depends,
                             std::vector<std::string> constrains = {}) {
  conda::PackageRecord result = record(name, "1.0", "0", std::move(depends));
  result.constrains = std::move(constrains);
  return result;
}

std::string unmet(const std::vector<conda::PackageRecord>& records, const Machine& here) {
  std::string text;
  for (const core::Diagnostic& each : lock::unmet_machine_needs(records, here)) {
    text += each.code + ": " + each.what + "\n";
    for (const std::string& why : each.why) text += "  " + why + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("the platform that demands most of what the machine has is chosen") {
  const lock::InstallSet set = set_of({{"cuda12", {"__cuda=12.0", "__glibc=2.28"}},
                                       {"cuda124", {"__cuda=12.4", "__glibc=2.28"}},
                                       {"cuda13", {"__cuda=13.0", "__glibc=2.28"}},
                                       {"plain", {"__glibc=2.28"}}});
  CHECK(chosen(set, kServer) == "cuda124");
  CHECK(chosen(set, kLaptop) == "plain");
  CHECK(chosen(set, machine({"__cuda=12.2", "__glibc=2.36"})) == "cuda12");
  CHECK(chosen(set, machine({"__cuda=13.1", "__glibc=2.28"})) == "cuda13");
}

TEST_CASE("a microarchitecture holds on what descends from it") {
  const lock::InstallSet set = set_of({{"v2", {"__archspec=1=x86_64_v2"}},
                                       {"v3", {"__archspec=1=x86_64_v3"}},
                                       {"v4", {"__archspec=1=x86_64_v4"}},
                                       {"base", {"__archspec=1=x86_64"}},
                                       {"zen", {"__archspec=0=zen2"}}});
  CHECK(chosen(set, machine({"__archspec=1=haswell"})) == "v3");
  CHECK(chosen(set, machine({"__archspec=1=icelake"})) == "v4");
  CHECK(chosen(set, machine({"__archspec=1=x86_64_v3"})) == "v3");
  CHECK(chosen(set, machine({"__archspec=0=x86_64"})) == "base");
  CHECK(chosen(set, machine({"__archspec=1=zen3"})) == "zen");                       // zen2 is an x86_64_v3
  CHECK(chosen(set, machine({"__archspec=1=zen4"})).starts_with("platform-tie: "));  // zen2 or x86_64_v4
  // One that nobody has heard of is itself and nothing else.
  CHECK(chosen(set, machine({"__archspec=1=unheard_of"})).starts_with("no-platform-fits: "));
}

TEST_CASE("platforms of which none demands more than the others are a tie") {
  const lock::InstallSet two = set_of({{"newglibc", {"__glibc=2.34"}}, {"cuda", {"__cuda=12.0", "__glibc=2.28"}}});
  CHECK(chosen(two, kServer) ==
        "platform-tie: several platforms of `env.lock` fit this machine, and none demands more than the others\n"
        "these fit: `newglibc`, `cuda`");
  CHECK(chosen(two, kLaptop) == "newglibc");
  CHECK(chosen(set_of({{"a", {"__glibc=2.28"}}, {"b", {"__glibc=2.28"}}}), kLaptop).starts_with("platform-tie"));
}

TEST_CASE("a machine that no platform fits is told what each assumes") {
  const lock::InstallSet set = set_of({{"cuda", {"__cuda=12.8", "__glibc=2.28"}}, {"new", {"__glibc=2.39"}}});
  CHECK(chosen(set, kLaptop) ==
        "no-platform-fits: this machine is not what `env.lock` was locked for\n"
        "platform `cuda` assumes `__cuda 12.8`, the machine has no `__cuda`\n"
        "platform `new` assumes `__glibc 2.39`, the machine has `__glibc 2.36`");
  CHECK(chosen(set_of({{"v4", {"__archspec=1=x86_64_v4"}}}), machine({"__archspec=1=haswell"})) ==
        "no-platform-fits: this machine is not what `env.lock` was locked for\n"
        "platform `v4` assumes `__archspec x86_64_v4`, the machine has `__archspec haswell`");
  CHECK(chosen(set, kLaptop, "linux-aarch64") ==
        "no-platform-fits: `env.lock` holds nothing for linux-aarch64\nit holds `cuda`, `new`");
  CHECK(chosen({}, kLaptop) == "no-platform-fits: `env.lock` holds nothing for linux-64\nit holds no platform");
}

TEST_CASE("a platform that assumes nothing fits, and so does one of noarch packages only") {
  CHECK(chosen(set_of({{"linux-64", {}}}), {}) == "linux-64");
  lock::InstallSet set = set_of({{"noarch", {}}});
  set.platforms[0].platform.subdir = "noarch";
  CHECK(chosen(set, kLaptop, "osx-arm64") == "noarch");
}

TEST_CASE("a platform may be named") {
  const lock::InstallSet set = set_of({{"linux-64-cuda12", {"__cuda=99"}}, {"linux-64", {}}});
  CHECK(lock::platform_named(set, "linux-64-cuda12", "env.lock").platform.name == "linux-64-cuda12");
  try {
    lock::platform_named(set, "linux-64-cuda11", "env.lock");
    FAIL("no error");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics()[0].code == "unknown-platform");
    CHECK(error.diagnostics()[0].hints == Lines{"did you mean `linux-64-cuda12`?"});
  }
}

TEST_CASE("what records need of the machine is told a virtual package at a time, with both values") {
  CHECK(unmet({needing("a", {"__glibc >=2.17,<3.0.a0", "__unix", "b"}), needing("b", {})}, kLaptop).empty());
  CHECK(unmet({needing("torch", {"__cuda >=12.8"}), needing("triton", {"__cuda  >=12.8"}),
               needing("cufile", {"__cuda >=12.8"}), needing("zz", {"__cuda >=12.8"}), needing("old", {"__cuda <12"}),
               needing("libc", {"__glibc >=2.39"})},
              kServer) ==
        "machine-lacks: this machine's `__cuda` is not what packages of the lock need\n"
        "  want `__cuda  >=12.8` for `triton 1.0`\n"
        "  want `__cuda <12` for `old 1.0`\n"
        "  want `__cuda >=12.8` for `cufile 1.0`, `torch 1.0`, `zz 1.0`\n"
        "  have `__cuda 12.4`\n"
        "machine-lacks: this machine's `__glibc` is not what packages of the lock need\n"
        "  want `__glibc >=2.39` for `libc 1.0`\n"
        "  have `__glibc 2.36`\n");
}

TEST_CASE("many packages and many conditions are counted") {
  std::vector<conda::PackageRecord> records;
  for (int i = 0; i < 6; ++i) records.push_back(needing("p" + std::to_string(i), {"__cuda"}));
  for (int i = 0; i < 4; ++i) records.push_back(needing("q" + std::to_string(i), {"__cuda >=" + std::to_string(i)}));
  CHECK(unmet(records, kLaptop) ==
        "machine-lacks: this machine has no `__cuda`, and packages of the lock need it\n"
        "  want `__cuda` for `p0 1.0`, `p1 1.0`, `p2 1.0` and 3 more\n"
        "  want `__cuda >=0` for `q0 1.0`\n"
        "  want `__cuda >=1` for `q1 1.0`\n"
        "  and 2 other conditions\n"
        "  have nothing\n");
}

TEST_CASE("a constrain demands nothing of a machine without that virtual package") {
  CHECK(unmet({needing("torch", {}, {"__cuda >=12.8"})}, kLaptop).empty());
  CHECK(unmet({needing("torch", {}, {"__cuda >=12.8"})}, kServer) ==
        "machine-lacks: this machine's `__cuda` is not what packages of the lock need\n"
        "  want `__cuda >=12.8` for `torch 1.0`\n  have `__cuda 12.4`\n");
}

TEST_CASE("a package built for a microarchitecture runs on what descends from it") {
  for (const char* good : {"__archspec 1 x86_64_v3", "__archspec 1.* x86_64_v4", "__archspec=1=zen3",
                           "__archspec * *_v2", "__archspec", "__archspec 1 zen4"}) {
    INFO(good);
    CHECK(unmet({needing("fast", {good})}, kLaptop).empty());
  }
  CHECK(unmet({needing("fast", {"__archspec 1 skylake"})}, kLaptop) ==
        "machine-lacks: this machine's `__archspec` is not what packages of the lock need\n"
        "  want `__archspec 1 skylake` for `fast 1.0`\n  have `__archspec zen4`\n");
  // Where the machine is known by its family only, version 0 says so.
  CHECK(unmet({needing("fast", {"__archspec 1 x86_64"})}, machine({"__archspec=0=x86_64"})).empty());
}

TEST_CASE("installed records are picks") {
  const std::vector<conda::PackageRecord> records = {record("tzdata", "2025a", "h78e105d_0", {}, "noarch"),
                                                     record("zlib", "1.3.1", "hb9d3cd8_2", {})};
  const std::vector<lock::Preference> picks = lock::preferences_of(records);
  REQUIRE(picks.size() == 2);
  CHECK(picks[0].platform == "linux-64");
  CHECK(picks[0].subdir == "noarch");
  CHECK(lock::matches(picks[1], records[1], lock::Loosen::none));
  CHECK_FALSE(lock::matches(picks[0], records[1], lock::Loosen::build));
}
