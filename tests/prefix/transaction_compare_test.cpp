#include <algorithm>

#include "envlock/prefix/transaction.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::prefix;

namespace {

conda::PackageRecord record(const std::string& name, const std::string& version = "1.0") {
  conda::PackageRecord made;
  made.name = name;
  made.version = version;
  made.build = "0";
  made.channel = "https://example.invalid/channel";
  made.subdir = "linux-64";
  made.file_name = name + "-" + version + "-0.conda";
  made.sha256 = core::sha256(made.file_name);
  made.md5 = core::md5(made.file_name);
  return made;
}

InstalledPackage installed(const conda::PackageRecord& of, const std::vector<std::string>& paths = {}) {
  InstalledPackage package;
  package.record = of;
  package.meta_file = of.name + "-" + of.version + "-0.json";
  for (const std::string& path : paths) package.paths.push_back({.path = path});
  return package;
}

/// "+x -y ~z =1": added, removed, changed, and how many are unchanged.
std::string summary(const Difference& difference) {
  std::string text;
  for (const Change& change : difference.changes) {
    text += std::string(change.from ? change.to ? "~" : "-" : "+") + change.name + " ";
  }
  return text + "=" + std::to_string(difference.unchanged);
}

Target target(const std::vector<conda::PackageRecord>& records) {
  Target made;
  for (const conda::PackageRecord& each : records) made.packages.push_back({each, {}});
  return made;
}

}  // namespace

TEST_CASE("packages are compared by file name, hash and channel") {
  const InstalledPackages there{.packages = {installed(record("a")), installed(record("b")), installed(record("c"))}};
  CHECK(summary(compare(there, target({record("a"), record("b"), record("c")}))) == "=3");
  CHECK(summary(compare(there, target({record("d"), record("b", "2.0"), record("c")}))) == "-a ~b +d =1");
  CHECK(summary(compare({}, target({record("b"), record("a")}))) == "+a +b =0");
  CHECK(summary(compare(there, target({record("a"), record("b"), record("c")}), {"b"})) == "~b =2");

  conda::PackageRecord rebuilt = record("a");
  rebuilt.sha256 = core::sha256("other bytes");
  CHECK(summary(compare(there, target({rebuilt, record("b"), record("c")}))) == "~a =2");
  conda::PackageRecord moved = record("a");
  moved.channel = "https://example.invalid/other";
  CHECK(summary(compare(there, target({moved, record("b"), record("c")}))) == "~a =2");
  moved.channel = "https://user:password@example.invalid/channel/";
  CHECK(summary(compare(there, target({moved, record("b"), record("c")}))) == "=3");
}

TEST_CASE("where one side has no sha256 the md5 decides, and without any hash nothing is the same") {
  InstalledPackage old = installed(record("a"));
  old.record.sha256.reset();
  CHECK(summary(compare({.packages = {old}}, target({record("a")}))) == "=1");
  conda::PackageRecord other = record("a");
  other.md5 = core::md5("other bytes");
  CHECK(summary(compare({.packages = {old}}, target({other}))) == "~a =0");
  old.record.md5.reset();
  CHECK(summary(compare({.packages = {old}}, target({record("a")}))) == "~a =0");
}

TEST_CASE("two records of one name are both replaced") {
  const InstalledPackages there{.packages = {installed(record("a")), installed(record("a", "2.0"))}};
  const Difference difference = compare(there, target({record("a")}));
  CHECK(difference.to_remove.size() == 2);
  CHECK(difference.to_link.size() == 1);
  CHECK(difference.unchanged == 0);
}

TEST_CASE("noarch python packages are linked anew when the python moves its site-packages") {
  conda::PackageRecord modules = record("modules");
  modules.noarch = "python";
  const InstalledPackages there{
      .packages = {installed(modules), installed(record("python", "3.11.1")), installed(record("z"))}};
  CHECK(summary(compare(there, target({modules, record("python", "3.11.2"), record("z")}))) == "~python =2");
  CHECK(summary(compare(there, target({modules, record("python", "3.12.0"), record("z")}))) == "~modules ~python =1");
}

TEST_CASE("a package that shares a path with one that leaves is linked anew, and so is who shares one with it") {
  const InstalledPackages there{.packages = {installed(record("a"), {"x"}), installed(record("b"), {"x", "y"}),
                                             installed(record("c"), {"y"}), installed(record("d"), {"z"})}};
  CHECK(summary(compare(there, target({record("b"), record("c"), record("d")}))) == "-a ~b ~c =1");
}
