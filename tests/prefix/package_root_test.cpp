#include "envlock/prefix/package_root.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "envlock/prefix/replacement.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock::prefix;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {

const std::string kPlaceholder = "/build/" + std::string(230, 'p');
const Python kPython = python_of("3.12.7", "");
const EntryPoint kTool{.command = "tool", .module = "demo.cli", .function = "main"};
const std::string kText = "#!" + kPlaceholder + "/bin/python\nhome = '" + kPlaceholder + "'\n";
const std::string kBinary = "ELF\0"s + kPlaceholder + "/lib:" + kPlaceholder + "/lib64\0tail"s;

InstalledPath path_of(const std::string& path, InstalledType type = InstalledType::hardlink) {
  InstalledPath made;
  made.path = path;
  made.type = type;
  return made;
}
InstalledPath replaced(const std::string& path, const std::string& original, FileMode mode, bool with_hash) {
  InstalledPath made = path_of(path);
  made.placeholder = Placeholder{kPlaceholder, mode};
  if (with_hash) made.sha256 = core::sha256(original);
  return made;
}

void put(const fs::path& file, std::string_view bytes, bool executable = false) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
  chmod(file.c_str(), executable ? 0755 : 0644);
}

// A small package as `dialect` installs it.
InstalledPackage install_demo(const fs::path& prefix, Dialect dialect, bool with_hashes = true) {
  const std::string at = prefix.string();
  put(prefix / "bin/script", replace_prefix(kText, {kPlaceholder, FileMode::text}, at, dialect), true);
  put(prefix / "bin/tool", entry_point_script(kTool, at, kPython, dialect), true);
  put(prefix / "lib/x.so", replace_prefix(kBinary, {kPlaceholder, FileMode::binary}, at, dialect), true);
  put(prefix / "lib/data", std::string(600'000, 'd'));
  fs::create_symlink("x.so", prefix / "lib/x.so.1");
  fs::create_symlink(prefix / "lib/x.so", prefix / "lib/absolute");
  InstalledPackage package;
  package.record.name = "demo";
  package.paths = {replaced("bin/script", kText, FileMode::text, with_hashes),
                   path_of("bin/tool", InstalledType::entry_point),
                   path_of("lib/absolute", InstalledType::softlink),
                   path_of("lib/data"),
                   replaced("lib/x.so", kBinary, FileMode::binary, with_hashes),
                   path_of("lib/x.so.1", InstalledType::softlink)};
  return package;
}

core::Sha256 root_of(const fs::path& prefix, const InstalledPackage& package) {
  return package_root(prefix, package, kPython).root;
}

}  // namespace

TEST_CASE("the root is the same in every prefix, by every tool, with compiled modules or without") {
  const envlock_test::TemporaryFolder folder;
  const fs::path first = folder.path() / "a";
  const InstalledPackage package = install_demo(first, Dialect::conda);
  const core::Sha256 root = root_of(first, package);
  int number = 0;
  for (const std::string& name : {"longer-name"s, "with space"s, std::string(150, 'q')}) {
    for (const Dialect dialect : {Dialect::conda, Dialect::rattler, Dialect::mamba}) {
      const fs::path other = folder.path() / std::to_string(number++) / name;
      CAPTURE(other.string(), static_cast<int>(dialect));
      InstalledPackage there = install_demo(other, dialect);
      there.paths.push_back(path_of("lib/__pycache__/m.cpython-312.pyc", InstalledType::pyc_file));
      there.paths.push_back(path_of("lib", InstalledType::directory));
      put(other / "lib/__pycache__/m.cpython-312.pyc", "compiled");
      CHECK(root_of(other, there) == root);
    }
  }
}

TEST_CASE("the order of the paths and the number of threads do not matter") {
  const envlock_test::TemporaryFolder folder;
  InstalledPackage package = install_demo(folder.path(), Dialect::conda);
  const core::Sha256 root = root_of(folder.path(), package);
  std::swap(package.paths.front(), package.paths.back());
  CHECK(root_of(folder.path(), package) == root);
  InstalledPackage python;
  python.record.name = "python";
  python.record.version = "3.12.7";
  for (const std::size_t threads : {1U, 4U, 0U}) {
    const std::vector<PackageRoot> roots = package_roots(folder.path(), {package, python}, threads);
    REQUIRE(roots.size() == 2);
    CHECK(roots[0].root == root);
    CHECK(roots[1].root == root_of(folder.path(), python));
    CHECK(roots[1].bytes == 0);
  }
}

TEST_CASE("without hashes in conda-meta the root of a plain prefix is the same") {
  const envlock_test::TemporaryFolder folder;
  const InstalledPackage package = install_demo(folder.path() / "a", Dialect::conda);
  const InstalledPackage without = install_demo(folder.path() / "b", Dialect::conda, false);
  CHECK(root_of(folder.path() / "a", package) == root_of(folder.path() / "b", without));
}

TEST_CASE("every change of a file shows in the root") {
  const envlock_test::TemporaryFolder folder;
  const fs::path prefix = folder.path();
  InstalledPackage package = install_demo(prefix, Dialect::conda);
  const core::Sha256 root = root_of(prefix, package);
  SECTION("content") {
    put(prefix / "lib/data", std::string(599'999, 'd') + "e");
  }
  SECTION("content of a file with a placeholder") {
    put(prefix / "bin/script", replace_prefix(kText + "#", {kPlaceholder, FileMode::text}, prefix.string()), true);
  }
  SECTION("content that conda-meta covers up") {
    const std::string changed = kText + "import os\n";
    put(prefix / "bin/script", replace_prefix(changed, {kPlaceholder, FileMode::text}, prefix.string()), true);
    package.paths[0].sha256_in_prefix = core::sha256(changed);
  }
  SECTION("a byte in a binary") {
    put(prefix / "lib/x.so", "ELG", true);
  }
  SECTION("an entry point that does more") {
    put(prefix / "bin/tool", entry_point_script(kTool, prefix.string(), kPython) + "\n", true);
  }
  SECTION("an entry point to elsewhere") {
    EntryPoint other = kTool;
    other.function = "other";
    put(prefix / "bin/tool", entry_point_script(other, prefix.string(), kPython), true);
  }
  SECTION("the executable bit") {
    chmod((prefix / "lib/data").c_str(), 0755);
  }
  SECTION("the executable bit of an entry point") {
    chmod((prefix / "bin/tool").c_str(), 0644);
  }
  SECTION("a link's target") {
    fs::remove(prefix / "lib/x.so.1");
    fs::create_symlink("y.so", prefix / "lib/x.so.1");
  }
  SECTION("a link that is a file") {
    fs::remove(prefix / "lib/x.so.1");
    put(prefix / "lib/x.so.1", "x.so");
  }
  SECTION("a link into another prefix") {
    fs::remove(prefix / "lib/absolute");
    fs::create_symlink(prefix.string() + "2/lib/x.so", prefix / "lib/absolute");
  }
  SECTION("a folder in a file's place") {
    fs::remove(prefix / "lib/data");
    fs::create_directory(prefix / "lib/data");
  }
  SECTION("a pipe in a file's place") {
    fs::remove(prefix / "lib/data");
    REQUIRE(mkfifo((prefix / "lib/data").c_str(), 0644) == 0);
  }
  SECTION("another placeholder in conda-meta") {
    package.paths[4].placeholder->text += "p";
  }
  SECTION("a path less in conda-meta") {
    package.paths.pop_back();
  }
  CHECK(root_of(prefix, package) != root);
}

TEST_CASE("a path that is not there is named, and is no empty file") {
  const envlock_test::TemporaryFolder folder;
  const InstalledPackage package = install_demo(folder.path(), Dialect::conda);
  put(folder.path() / "lib/data", "");
  const core::Sha256 empty = root_of(folder.path(), package);
  fs::remove(folder.path() / "lib/data");
  fs::remove(folder.path() / "lib/x.so.1");
  const PackageRoot root = package_root(folder.path(), package, kPython);
  CHECK(root.missing == std::vector<std::string>{"lib/data", "lib/x.so.1"});
  CHECK(root.root != empty);
}

TEST_CASE("a link to a neighbour whose name begins alike is no link into the prefix") {
  const envlock_test::TemporaryFolder folder;
  InstalledPackage package;
  package.paths = {path_of("l", InstalledType::softlink)};
  std::vector<core::Sha256> roots;
  for (const char* name : {"a", "b"}) {
    const fs::path prefix = folder.path() / name;
    fs::create_directories(prefix);
    fs::create_symlink(prefix.string() + "2/x", prefix / "l");
    roots.push_back(root_of(prefix, package));
  }
  CHECK(roots[0] != roots[1]);
}

TEST_CASE("the bytes of a root are those of the page") {
  // docs/formats/prefix.md, "The root of a package": computed there by hand, with sha256sum.
  const envlock_test::TemporaryFolder folder;
  put(folder.path() / "a", "hello\n");
  put(folder.path() / "b", "#!/bin/sh\n", true);
  fs::create_symlink("a", folder.path() / "c");
  InstalledPackage package;
  package.paths = {path_of("a"), path_of("b"), path_of("c", InstalledType::softlink)};
  CHECK(core::format(package_root(folder.path(), {}, std::nullopt).root) ==
        "e4605498a30c6d099cbb063d23ecbd87705916bfeb7665eccac238681fae81b0");
  CHECK(core::format(package_root(folder.path(), package, std::nullopt).root) ==
        "3cefa2a3a84ecdd822d74f9fcbb485e103220d6ad694a03c87092ad569a0042c");
  CHECK(package_root(folder.path(), package, std::nullopt).bytes == 17);
}

TEST_CASE("the python of an environment is that of its python package") {
  InstalledPackage python;
  python.record.name = "python";
  python.record.version = "3.13.1";
  python.record.python_site_packages_path = "lib/python3.13t/site-packages";
  CHECK(python_of({InstalledPackage{}, python})->site_packages == "lib/python3.13t/site-packages");
  CHECK(!python_of(std::vector<InstalledPackage>{}));
}
