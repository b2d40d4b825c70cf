// What an install makes of a prefix.
#include "envlock/prefix/transaction.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "install_workshop.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::prefix;
using namespace envlock_test;
namespace fs = std::filesystem;

namespace {

const std::string kPlaceholder =
    "/opt/placeholder_placehold_placehold_placehold_placehold_placehold_placehold_placehold";

MadePackage plain(const std::string& name, std::vector<MadeFile> files, std::vector<std::string> depends = {}) {
  return {.name = name, .files = std::move(files), .depends = std::move(depends)};
}

const InstalledPath& path_in(const InstalledPackages& installed, const std::string& package, const std::string& path) {
  for (const InstalledPackage& each : installed.packages) {
    if (each.record.name != package) continue;
    for (const InstalledPath& one : each.paths) {
      if (one.path == path) return one;
    }
  }
  throw std::runtime_error(path + " is not in conda-meta of " + package);
}

std::vector<std::string> codes(const core::Notes& notes) {
  std::vector<std::string> all;
  for (const core::Note& note : notes.all()) all.push_back(note.diagnostic.code);
  return all;
}

ino_t inode(const fs::path& file) {
  struct stat status {};
  lstat(file.c_str(), &status);
  return status.st_ino;
}

}  // namespace

TEST_CASE("a package's files are linked, replaced or copied as it says") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "a prefix with spaces";
  const std::string binary = std::string(
                                 "\x7f"
                                 "ELF") +
                             kPlaceholder + "/lib" + std::string(3, '\0') + "end";
  const WantedPackage package = shop.make(plain(
      "one", {{.path = "share/plain", .bytes = "plain"},
              {.path = "share/copied", .bytes = "copied", .no_link = true},
              {.path = "bin/script", .bytes = "x=" + kPlaceholder + "/x\n", .mode = 0755, .placeholder = kPlaceholder},
              {.path = "lib/lib.so", .bytes = binary, .mode = 0755, .placeholder = kPlaceholder, .binary = true},
              {.path = "lib/link.so", .bytes = "", .link = "lib.so"}}));
  InstallOptions options;
  options.link = LinkMethod::hardlink;
  const InstallResult result = shop.install(prefix, target_of({package}), options);

  CHECK(read(prefix / "bin/script") == "x=" + prefix.string() + "/x\n");
  const std::string replaced = read(prefix / "lib/lib.so");
  CHECK(replaced.size() == binary.size());
  CHECK(replaced.substr(4, prefix.string().size() + 5) == prefix.string() + "/lib" + '\0');
  CHECK(replaced.ends_with(std::string(1, '\0') + "end"));
  CHECK(fs::read_symlink(prefix / "lib/link.so") == "lib.so");
  const fs::path cached = shop.unpacked(package.record).folder / "files";
  CHECK(inode(prefix / "share/plain") == inode(cached / "share/plain"));
  CHECK(inode(prefix / "share/copied") != inode(cached / "share/copied"));
  CHECK(read(prefix / "share/copied") == "copied");

  CHECK(result.hardlinked == 1);
  CHECK(result.copied == 1);
  CHECK(result.rewritten == 2);
  CHECK(result.removed_files == 0);
  CHECK_FALSE(fs::exists(prefix / "conda-meta/.envlock"));
  CHECK(is_environment(prefix));
  CHECK(read(prefix / "conda-meta/envlock.lock") == "a lock of 1 packages\n");

  const InstalledPackages installed = read_conda_meta(prefix);
  CHECK(installed.broken.empty());
  const InstalledPath& script = path_in(installed, "one", "bin/script");
  CHECK(script.sha256 == core::sha256("x=" + kPlaceholder + "/x\n"));
  CHECK(script.sha256_in_prefix == core::sha256("x=" + prefix.string() + "/x\n"));
  CHECK(path_in(installed, "one", "lib/link.so").type == InstalledType::softlink);
  CHECK(path_in(installed, "one", "share/plain").sha256_in_prefix == core::sha256("plain"));
}

TEST_CASE("the same target in the same path gives the same bytes, modes and times, however it came about") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage base =
      shop.make({.name = "base",
                 .files = {{.path = "lib/base", .bytes = "base"}, {.path = "lib/link", .bytes = "", .link = "base"}},
                 .timestamp = 1'600'000'000'000});
  const WantedPackage old =
      shop.make({.name = "tool",
                 .version = "1.0",
                 .files = {{.path = "bin/tool", .bytes = "1", .mode = 0755}, {.path = "share/gone/x", .bytes = "x"}},
                 .timestamp = 1'800'000'000'000});
  const WantedPackage tool =
      shop.make({.name = "tool",
                 .version = "2.0",
                 .files = {{.path = "bin/tool", .bytes = kPlaceholder, .mode = 0755, .placeholder = kPlaceholder},
                           {.path = "share/tool/x", .bytes = "x", .mode = 0444}}});
  Target target = target_of({base, tool});
  target.packages[1].requested_specs = {"tool >=2"};
  target.variables = {{"NAME", "value"}};

  shop.install(prefix, target);
  const std::string want = listing(prefix, Times::shown);
  SECTION("again from nothing, with another umask, one thread and copies") {
    fs::remove_all(prefix);
    const mode_t before = umask(077);
    InstallOptions options;
    options.threads = 1;
    options.link = LinkMethod::copy;
    shop.install(prefix, target, options);
    umask(before);
  }
  SECTION("again over itself") {
    const InstallResult result = shop.install(prefix, target);
    CHECK(result.hardlinked + result.reflinked + result.copied + result.rewritten == 0);
  }
  SECTION("a package anew") {
    shop.install(prefix, target, {}, {"base"});
  }
  SECTION("by an upgrade") {
    fs::remove_all(prefix);
    Target first = target_of({base, old});
    first.variables = {{"OTHER", "value"}};
    shop.install(prefix, first);
    const InstallResult result = shop.install(prefix, target);
    CHECK(result.removed_files == 2);
    CHECK(result.kept_aside.empty());
  }
  CHECK(listing(prefix, Times::shown) == want);
}

TEST_CASE("nothing of a package is left once it is removed, and nothing else goes") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage base = shop.make(plain("base", {{.path = "lib/python/base.py", .bytes = "base"}}));
  const WantedPackage tool = shop.make(plain("tool", {{.path = "lib/python/tool/a.py", .bytes = "a"},
                                                      {.path = "lib/python/tool/deep/b.py", .bytes = "b"},
                                                      {.path = "share/tool/x", .bytes = "x"}}));
  shop.install(prefix, target_of({base, tool}));
  write(prefix / "lib/python/tool/__pycache__/a.cpython-312.pyc", "python made it");
  write(prefix / "lib/python/tool/__pycache__/a.cpython-311.opt-1.pyc", "python made it");
  write(prefix / "share/tool/mine", "of the user");
  const InstallResult result = shop.install(prefix, target_of({base}));
  CHECK_FALSE(fs::exists(prefix / "lib/python/tool"));
  CHECK(read(prefix / "share/tool/mine") == "of the user");
  CHECK_FALSE(fs::exists(prefix / "share/tool/x"));
  CHECK(result.removed_files == 5);
  CHECK(result.kept_aside.empty());
  CHECK(read_conda_meta(prefix).packages.size() == 1);
}

TEST_CASE("files that the user changed or put in the way are kept aside and named") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage old = shop.make({.name = "tool",
                                       .version = "1.0",
                                       .files = {{.path = "etc/changed", .bytes = "default"},
                                                 {.path = "etc/plain", .bytes = "default"},
                                                 {.path = "etc/link", .bytes = "", .link = "plain"}}});
  const WantedPackage now = shop.make({.name = "tool",
                                       .version = "2.0",
                                       .files = {{.path = "etc/changed", .bytes = "default 2"},
                                                 {.path = "etc/new", .bytes = "new"},
                                                 {.path = "etc/same", .bytes = "same"},
                                                 {.path = "etc/a.pyc", .bytes = "pyc"}}});
  shop.install(prefix, target_of({old}));
  for (const char* name : {"changed", "link"}) fs::remove(prefix / "etc" / name);
  write(prefix / "etc/changed", "changed");
  write(prefix / "etc/changed.envlock-kept-1", "of an earlier time");
  write(prefix / "etc/link", "a file in its place");
  write(prefix / "etc/new", "of the user");
  write(prefix / "etc/same", "same");
  write(prefix / "etc/a.pyc", "another python's");
  const InstallResult result = shop.install(prefix, target_of({now}));
  CHECK(result.kept_aside == std::vector<std::string>{"etc/changed -> etc/changed.envlock-kept-2",
                                                      "etc/link -> etc/link.envlock-kept-1",
                                                      "etc/new -> etc/new.envlock-kept-1"});
  CHECK(read(prefix / "etc/changed") == "default 2");
  CHECK(read(prefix / "etc/changed.envlock-kept-1") == "of an earlier time");
  CHECK(read(prefix / "etc/changed.envlock-kept-2") == "changed");
  CHECK(read(prefix / "etc/new.envlock-kept-1") == "of the user");
  CHECK(read(prefix / "etc/link.envlock-kept-1") == "a file in its place");
  CHECK(read(prefix / "etc/same") == "same");
  CHECK(read(prefix / "etc/a.pyc") == "pyc");
}

TEST_CASE("where two packages have one path, the one that is linked later has it") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  // z is needed by a, so a comes later; m and n do not know each other.
  const WantedPackage z = shop.make(plain("z", {{.path = "x", .bytes = "of z"}, {.path = "same", .bytes = "same"}}));
  const WantedPackage a =
      shop.make(plain("a", {{.path = "x", .bytes = "of a"}, {.path = "same", .bytes = "same"}}, {"z >=1"}));
  const WantedPackage m = shop.make(plain("m", {{.path = "y", .bytes = "of m"}}));
  const WantedPackage n = shop.make(plain("n", {{.path = "y", .bytes = "of n"}}));
  const Target all = target_of({a, m, n, z});
  shop.install(prefix, all);
  CHECK(read(prefix / "x") == "of a");
  CHECK(read(prefix / "y") == "of n");
  CHECK(codes(shop.notes) == std::vector<std::string>{"clobber", "clobber"});
  CHECK(shop.notes.all()[0].diagnostic.what == "`m` and `n` have 1 path in common with different content");
  CHECK(shop.notes.all()[1].diagnostic.what == "`z` and `a` have 1 path in common with different content");
  const InstalledPath loser = path_in(read_conda_meta(prefix), "z", "x");
  CHECK(loser.sha256 == core::sha256("of z"));
  CHECK(loser.sha256_in_prefix == core::sha256("of a"));
  const std::string want = listing(prefix, Times::shown);

  SECTION("also when they come one after the other") {
    for (const std::vector<WantedPackage>& first : {std::vector{z, m}, std::vector{z, n}, std::vector{m, z, n}}) {
      fs::remove_all(prefix);
      shop.install(prefix, target_of(first));
      shop.install(prefix, all);
      CHECK(listing(prefix, Times::shown) == want);
    }
  }
  SECTION("and the other one's file comes back when it leaves") {
    shop.install(prefix, target_of({m, z}));
    CHECK(read(prefix / "x") == "of z");
    CHECK(read(prefix / "y") == "of m");
    const std::string upgraded = listing(prefix, Times::shown);
    fs::remove_all(prefix);
    shop.install(prefix, target_of({m, z}));
    CHECK(listing(prefix, Times::shown) == upgraded);
  }
}

TEST_CASE("a file of one package in the place of another one's folder is refused") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage a = shop.make(plain("a", {{.path = "share/x", .bytes = "file"}}));
  const WantedPackage b = shop.make(plain("b", {{.path = "share/x/inner", .bytes = "folder"}}));
  CHECK(code_of([&] { shop.install(prefix, target_of({a, b})); }) == "clobber");
  CHECK_FALSE(fs::exists(prefix));
  shop.install(prefix, target_of({a}));
  const std::string want = listing(prefix);
  CHECK(code_of([&] { shop.install(prefix, target_of({a, b})); }) == "clobber");
  CHECK(listing(prefix) == want);
  shop.install(prefix, target_of({b}));
  CHECK(read(prefix / "share/x/inner") == "folder");
  shop.install(prefix, target_of({a}));
  CHECK(read(prefix / "share/x") == "file");
  fs::remove(prefix / "share/x");
  write(prefix / "share/x/of the user", "");
  CHECK(code_of([&] { shop.install(prefix, target_of({a}), {}, {"a"}); }) == "clobber");
  CHECK(fs::exists(prefix / "share/x/of the user"));
}

TEST_CASE("a path through another package's link lies where the link leads") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage linker =
      shop.make(plain("linker", {{.path = "lib/own", .bytes = "own"}, {.path = "lib64", .bytes = "", .link = "lib"}}));
  const WantedPackage user = shop.make(plain("user", {{.path = "lib64/deep/file", .bytes = "through"}}));
  shop.install(prefix, target_of({linker, user}));
  CHECK(fs::is_symlink(prefix / "lib64"));
  CHECK(read(prefix / "lib/deep/file") == "through");
  const std::string want = listing(prefix, Times::shown);
  SECTION("when it comes later") {
    fs::remove_all(prefix);
    shop.install(prefix, target_of({linker}));
    shop.install(prefix, target_of({linker, user}));
    CHECK(listing(prefix, Times::shown) == want);
  }
  SECTION("when it goes") {
    shop.install(prefix, target_of({linker}));
    CHECK_FALSE(fs::exists(prefix / "lib/deep"));
    CHECK(read(prefix / "lib/own") == "own");
  }
  SECTION("when the link goes") {
    shop.install(prefix, target_of({user}), {}, {"user"});
    CHECK(fs::is_directory(fs::symlink_status(prefix / "lib64")));
    CHECK(read(prefix / "lib64/deep/file") == "through");
  }
}

TEST_CASE("history, state and the copy of the lock follow the target") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage a = shop.make(plain("a", {{.path = "a", .bytes = "a"}}));
  const WantedPackage b = shop.make(plain("b", {{.path = "b", .bytes = "b"}}));
  Target target = target_of({a});
  target.variables = {{"X", "1"}};
  shop.install(prefix, target);
  CHECK(read_variables(prefix) == target.variables);
  SECTION("a history of ours is written anew") {
    shop.install(prefix, target_of({a, b}));
    CHECK(read_variables(prefix).empty());
    CHECK_FALSE(fs::exists(prefix / "conda-meta/state"));
    const std::string history = read(prefix / "conda-meta/history");
    CHECK(history.rfind("==>") == 0);
    CHECK(history.find("::b-1.0-0") != std::string::npos);
  }
  SECTION("a history of others is continued") {
    write(prefix / "conda-meta/history", "==> 2024-01-01 00:00:00 <==\n# cmd: conda create\n+x::a-1.0-0\n");
    shop.install(prefix, target_of({b}));
    const std::string history = read(prefix / "conda-meta/history");
    CHECK(history.find("# cmd: conda create\n+x::a-1.0-0\n==> ") != std::string::npos);
    CHECK(history.find("\n-https://example.invalid/channel/linux-64::a-1.0-0\n") != std::string::npos);
    CHECK(history.find("\n+https://example.invalid/channel/linux-64::b-1.0-0\n") != std::string::npos);
  }
}

TEST_CASE("link scripts are listed, and run only when that is asked for") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const MadePackage scripted =
      plain("scripted", {{.path = "bin/.scripted-post-link.sh",
                          .bytes = "echo \"$PKG_NAME $PKG_VERSION $PKG_BUILDNUM\" > \"$PREFIX/ran\"\n",
                          .mode = 0755},
                         {.path = "bin/.scripted-pre-unlink.sh", .bytes = "rm \"$PREFIX/ran\"\n", .mode = 0755}});
  const WantedPackage package = shop.make(scripted);
  const std::vector<std::string> post = {"bin/.scripted-post-link.sh"}, pre = {"bin/.scripted-pre-unlink.sh"};
  InstallOptions options;
  options.scripts = Scripts::run;
  CHECK(shop.install(prefix, target_of({package})).scripts == post);
  CHECK_FALSE(fs::exists(prefix / "ran"));
  CHECK(shop.install(prefix, target_of({})).scripts == pre);
  CHECK(shop.install(prefix, target_of({package}), options).scripts_run == post);
  CHECK(read(prefix / "ran") == "scripted 1.0 0\n");
  CHECK(shop.install(prefix, target_of({}), options).scripts_run == pre);
  CHECK_FALSE(fs::exists(prefix / "ran"));

  MadePackage failing = scripted;
  failing.version = "2.0";
  failing.files[0].bytes = "exit 3\n";
  const WantedPackage bad = shop.make(failing);
  const std::string want = listing(prefix);
  CHECK(code_of([&] { shop.install(prefix, target_of({bad}), options); }) == "link-script-failed");
  CHECK(listing(prefix) == want);
}

TEST_CASE("a frozen environment, and a folder that is none, are refused") {
  Workshop shop;
  const WantedPackage a = shop.make(plain("a", {{.path = "a", .bytes = "a"}}));
  const fs::path prefix = shop.folder() / "env", other = shop.folder() / "other", file = shop.folder() / "file";
  shop.install(prefix, target_of({a}));
  write(prefix / "conda-meta/frozen", "{\"message\": \"hands off\"}");
  const std::string want = listing(prefix);
  CHECK(code_of([&] { shop.install(prefix, target_of({})); }) == "prefix-frozen");
  CHECK(listing(prefix) == want);
  InstallOptions options;
  options.force = true;
  CHECK(code_of([&] { shop.install(prefix, target_of({}), options); }) == "");
  CHECK(fs::exists(prefix / "conda-meta/frozen"));

  write(other / "thesis.tex", "");
  write(file, "");
  CHECK(code_of([&] { shop.install(other, target_of({a})); }) == "prefix-not-environment");
  CHECK_FALSE(fs::exists(other / "conda-meta"));
  CHECK(code_of([&] { shop.install(file, target_of({a})); }) == "prefix-not-environment");
  CHECK(code_of([&] { shop.install(shop.folder() / "a\nb", target_of({a})); }) == "prefix-invalid");
  CHECK(code_of([&] { shop.install(shop.folder() / "a\xff", target_of({a})); }) == "prefix-invalid");
  fs::create_directories(shop.folder() / "empty");
  CHECK(code_of([&] { shop.install(shop.folder() / "empty", target_of({a})); }) == "");
}

TEST_CASE("a prefix that is too long for a binary is found before anything is changed") {
  Workshop shop;
  const WantedPackage a =
      shop.make(plain("a", {{.path = "lib/a", .bytes = kPlaceholder, .placeholder = kPlaceholder, .binary = true}}));
  const fs::path prefix = shop.folder() / std::string(kPlaceholder.size(), 'x');
  CHECK(code_of([&] { shop.install(prefix, target_of({a})); }) == "prefix-too-long");
  CHECK_FALSE(fs::exists(prefix));
}

TEST_CASE("a cached file that was changed is not linked") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage a = shop.make(plain("a", {{.path = "a", .bytes = "aaaa"},
                                                {.path = "b", .bytes = kPlaceholder, .placeholder = kPlaceholder},
                                                {.path = "c", .bytes = "cccc", .no_link = true}}));
  const fs::path files = shop.unpacked(a.record).folder / "files";
  SECTION("a linked one") {
    write(files / "a", "aaab");
  }
  SECTION("a replaced one") {
    write(files / "b", kPlaceholder + "x");
  }
  SECTION("a copied one") {
    write(files / "c", "cccd");
  }
  SECTION("what the package says of itself") {
    write(files / "info/paths.json", read(files / "info/paths.json") + " ");
  }
  SECTION("one that is gone") {
    fs::remove(files / "a");
  }
  CHECK(code_of([&] { shop.install(prefix, target_of({a})); }) == "cache-changed");
  CHECK_FALSE(fs::exists(prefix));
}

TEST_CASE("a package that disagrees with itself or with the lock is refused") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  WantedPackage a = shop.make(plain("a", {{.path = "a", .bytes = "a"}}));
  SECTION("another version") {
    a.record.version = "2.0";
  }
  SECTION("another name") {
    a.record.name = "b";
  }
  CHECK(code_of([&] { shop.install(prefix, target_of({a})); }) == "package-invalid");
  CHECK_FALSE(fs::exists(prefix));
}

TEST_CASE("conda-meta that is no JSON is refused, and nothing is changed") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage a = shop.make(plain("a", {{.path = "a", .bytes = "a"}}));
  shop.install(prefix, target_of({a}));
  write(prefix / "conda-meta/b-1-0.json", "{");
  const std::string want = listing(prefix);
  CHECK(code_of([&] { shop.install(prefix, target_of({})); }) == "conda-meta-invalid");
  CHECK(listing(prefix) == want);
}
