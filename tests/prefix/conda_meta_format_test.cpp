#include <string>

#include "envlock/prefix/conda_meta.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace envlock;
using prefix::InstalledPackage;
using prefix::InstalledType;

namespace {

InstalledPackage full_package() {
  InstalledPackage package;
  conda::PackageRecord& record = package.record;
  record.name = "foo";
  record.version = "1.0";
  record.build = "py312_1";
  record.build_number = 1;
  record.channel = "https://conda.anaconda.org/conda-forge";
  record.subdir = "noarch";
  record.file_name = "foo-1.0-py312_1.conda";
  record.sha256 = core::sha256("package");
  record.md5 = core::md5("package");
  record.size = 1234;
  record.depends = {"python >=3.12", "b"};
  record.constrains = {"bar <2"};
  record.license = "MIT";
  record.timestamp = 1700000000123;
  record.indexed_timestamp = 1700000009999;
  record.track_features = {"x", "y"};
  record.noarch = "python";
  record.python_site_packages_path = "lib/python3.12/site-packages";
  package.requested_specs = {"foo >=1", "foo"};
  package.meta_file = "foo-1.0-py312_1.json";
  package.paths = {{.path = "bin/foo", .type = InstalledType::entry_point},
                   {.path = "etc/listed", .type = InstalledType::other},
                   {.path = "lib/__pycache__/a.cpython-312.pyc", .type = InstalledType::pyc_file},
                   {.path = "lib/a.py",
                    .sha256 = core::sha256("a"),
                    .sha256_in_prefix = core::sha256("b"),
                    .size = 1,
                    .placeholder = prefix::Placeholder{"/home/placehold", prefix::FileMode::text},
                    .no_link = true},
                   {.path = "lib/b.so",
                    .sha256 = core::sha256("a"),
                    .size = 1,
                    .placeholder = prefix::Placeholder{"/home/placehold", prefix::FileMode::binary}},
                   {.path = "lib/link", .type = InstalledType::softlink, .sha256 = core::sha256("a"), .size = 1},
                   {.path = "share/empty", .type = InstalledType::directory}};
  return package;
}

}  // namespace

TEST_CASE("the bytes of a conda-meta file are these") {
  CHECK(envlock_test::compare_with_golden("conda_meta_foo.json", prefix::format(full_package())) == "");
}

TEST_CASE("what is written is read as it was") {
  const InstalledPackage package = full_package();
  CHECK(prefix::parse_conda_meta(prefix::format(package), package.meta_file) == package);

  InstalledPackage small;
  small.record.name = "a";
  small.record.version = "1";
  small.record.build = "0";
  small.record.file_name = "a-1-0";
  small.meta_file = prefix::meta_file_name(small.record);
  CHECK(prefix::parse_conda_meta(prefix::format(small), small.meta_file) == small);
}

TEST_CASE("a channel named by a relative path stays one") {
  InstalledPackage package = full_package();
  package.record.channel = "../channels/local";
  const std::string text = prefix::format(package);
  CHECK(text.find(R"("url": "file:../channels/local/noarch/foo-1.0-py312_1.conda")") != std::string::npos);
  CHECK(prefix::parse_conda_meta(text, package.meta_file) == package);
}

TEST_CASE("a package from elsewhere keeps its url") {
  InstalledPackage package = full_package();
  package.record.url = "https://host/elsewhere/foo-1.0-py312_1.conda";
  CHECK(prefix::parse_conda_meta(prefix::format(package), package.meta_file) == package);
}

TEST_CASE("nobody asked for a package: nothing is said of it") {
  InstalledPackage package = full_package();
  package.requested_specs.clear();
  CHECK(prefix::format(package).find("requested") == std::string::npos);
}
