// Prefixes that somebody prepared, disks that fill, folders that go away, and two installs at once.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "envlock/prefix/transaction.h"
#include "install_workshop.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::prefix;
using namespace envlock_test;
namespace fs = std::filesystem;

namespace {

MadePackage plain(const std::string& name, std::vector<MadeFile> files) {
  return {.name = name, .files = std::move(files)};
}

/// Runs `work` in a process with mounts of its own. Returns its exit code: 77 when this machine does not allow that.
int in_own_mounts(const std::function<int()>& work) {
  const pid_t process = fork();
  if (process == 0) {
    const bool allowed = unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    int code = 77;
    try {
      if (allowed) code = work();
    } catch (...) {
      code = 70;
    }
    _exit(code);
  }
  int status = 0;
  waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bool mount_memory(const fs::path& folder, const char* options) {
  fs::create_directories(folder);
  return mount("tmpfs", folder.c_str(), "tmpfs", 0, options) == 0;
}

}  // namespace

TEST_CASE("a link planted in a prefix leads nothing outside") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env", outside = shop.folder() / "outside";
  const WantedPackage a = shop.make(plain("a", {{.path = "share/a/file", .bytes = "a"}}));
  const WantedPackage b = shop.make(plain("b", {{.path = "lib/b", .bytes = "b"}}));
  write(outside / "a/file", "of another");
  write(outside / "b", "of another");
  SECTION("where a folder is to be made") {
    shop.install(prefix, target_of({b}));
    fs::create_directory_symlink(outside, prefix / "share");
    CHECK(code_of([&] { shop.install(prefix, target_of({a, b})); }) == "clobber");
    CHECK(read(prefix / "lib/b") == "b");
  }
  SECTION("where a folder is to be made, to a place inside") {
    shop.install(prefix, target_of({b}));
    fs::create_directory_symlink("lib", prefix / "share");
    CHECK(code_of([&] { shop.install(prefix, target_of({a, b})); }) == "clobber");
    CHECK_FALSE(fs::exists(prefix / "lib/a"));
  }
  SECTION("where files are to be removed") {
    shop.install(prefix, target_of({a, b}));
    fs::remove_all(prefix / "share/a");
    fs::create_directory_symlink(outside / "a", prefix / "share/a");
    const InstallResult result = shop.install(prefix, target_of({b}));
    CHECK(fs::is_symlink(prefix / "share/a"));
    CHECK(result.removed_files == 0);
  }
  SECTION("where a file is to be linked") {
    shop.install(prefix, target_of({b}));
    fs::remove(prefix / "lib/b");
    fs::create_symlink(outside / "b", prefix / "lib/b");
    const InstallResult result = shop.install(prefix, target_of({b}), {}, {"b"});
    CHECK(result.kept_aside == std::vector<std::string>{"lib/b -> lib/b.envlock-kept-1"});
    CHECK(fs::is_symlink(prefix / "lib/b.envlock-kept-1"));
    CHECK_FALSE(fs::is_symlink(prefix / "lib/b"));
  }
  SECTION("as conda-meta itself") {
    fs::create_directories(prefix);
    write(outside / "conda-meta/history", "");
    fs::create_directory_symlink(outside / "conda-meta", prefix / "conda-meta");
    const std::string want = listing(outside);
    CHECK(code_of([&] { shop.install(prefix, target_of({a})); }) == "prefix-unwritable");
    CHECK(listing(outside) == want);
  }
  SECTION("as the folder of the journal") {
    fs::create_directories(prefix / "conda-meta");
    write(prefix / "conda-meta/history", "");
    fs::create_directory_symlink(outside, prefix / "conda-meta/.envlock");
    const std::string want = listing(outside);
    CHECK(code_of([&] { shop.install(prefix, target_of({a})); }) == "prefix-unwritable");
    CHECK(listing(outside) == want);
  }
  SECTION("by a package, to the outside, with another one's files behind it") {
    // The archive room refuses links that leave; a link inside that leads up is still none to follow.
    const WantedPackage linker = shop.make(plain("linker", {{.path = "share/a", .bytes = "", .link = "../share/a"}}));
    CHECK(code_of([&] { shop.install(prefix, target_of({a, linker})); }) == "clobber");
    CHECK_FALSE(fs::exists(prefix));
  }
  CHECK(read(outside / "a/file") == "of another");
  CHECK(read(outside / "b") == "of another");
}

TEST_CASE("a prefix that is reached through a link is a prefix like any other") {
  Workshop shop;
  const fs::path real = shop.folder() / "real", link = shop.folder() / "link";
  const WantedPackage a = shop.make(plain("a", {{.path = "share/a", .bytes = "a"}}));
  fs::create_directories(real);
  fs::create_directory_symlink(real, link);
  shop.install(link, target_of({a}));
  CHECK(read(real / "share/a") == "a");
  CHECK(fs::is_symlink(link));
}

TEST_CASE("a pipe in a file's place does not hold an install up") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage a = shop.make(plain("a", {{.path = "share/a", .bytes = "a"}}));
  shop.install(prefix, target_of({a}));
  fs::remove(prefix / "share/a");
  REQUIRE(mkfifo((prefix / "share/a").c_str(), 0600) == 0);
  CHECK(shop.install(prefix, target_of({})).kept_aside.size() == 1);
}

TEST_CASE("two installs into one prefix: the second is told that the first works") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage a = shop.make(plain("a", {{.path = "share/a", .bytes = "a"}}));
  int ready[2], go[2];
  REQUIRE(pipe(ready) == 0);
  REQUIRE(pipe(go) == 0);
  const pid_t process = fork();
  if (process == 0) {
    char byte = 0;
    set_fault_hook([&](const char* step) {
      if (std::string_view(step) == "link" && byte == 0 &&
          (write(ready[1], "x", 1) != 1 || read(go[0], &byte, 1) != 1)) {
        _exit(1);
      }
    });
    shop.install(prefix, target_of({a}));
    _exit(0);
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  CHECK(is_interrupted(prefix));
  CHECK(code_of([&] { recover(prefix); }) == "prefix-busy");
  CHECK(code_of([&] { shop.install(prefix, target_of({a})); }) == "prefix-busy");
  REQUIRE(write(go[1], "x", 1) == 1);
  int status = 0;
  waitpid(process, &status, 0);
  CHECK(status == 0);
  CHECK(read(prefix / "share/a") == "a");
  CHECK_FALSE(is_interrupted(prefix));
  for (const int fd : {ready[0], ready[1], go[0], go[1]}) close(fd);
}

TEST_CASE("many installs into one prefix at once leave it whole") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  std::vector<MadeFile> files;
  for (int i = 0; i < 50; ++i) files.push_back({.path = "share/" + std::to_string(i), .bytes = std::to_string(i)});
  const WantedPackage a = shop.make(plain("a", files)), b = shop.make(plain("b", {{.path = "b", .bytes = "b"}}));
  std::vector<pid_t> processes;
  for (int i = 0; i < 6; ++i) {
    const pid_t process = fork();
    if (process == 0) {
      for (int round = 0; round < 5; ++round) {
        const std::string code = code_of([&] {
          shop.install(prefix, target_of(round % 2 == 0 ? std::vector{a} : std::vector{a, b}));
        });
        if (!code.empty() && code != "prefix-busy") _exit(1);
      }
      _exit(0);
    }
    processes.push_back(process);
  }
  for (const pid_t process : processes) {
    int status = 0;
    waitpid(process, &status, 0);
    CHECK(status == 0);
  }
  shop.install(prefix, target_of({a}));
  const std::string want = listing(prefix, Times::shown);
  fs::remove_all(prefix);
  shop.install(prefix, target_of({a}));
  CHECK(listing(prefix, Times::shown) == want);
}

TEST_CASE("a prefix that vanishes amid an install is told of") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage a = shop.make(plain("a", {{.path = "share/a", .bytes = "a"}, {.path = "lib/a", .bytes = "a"}}));
  shop.install(prefix, target_of({}));
  bool gone = false;
  set_fault_hook([&](const char* step) {
    if (std::string_view(step) != "link" || gone) return;
    gone = true;
    fs::remove_all(prefix);
  });
  InstallOptions options;
  options.threads = 1;
  CHECK(code_of([&] { shop.install(prefix, target_of({a}), options); }) == "prefix-unwritable");
  set_fault_hook(nullptr);
  CHECK(code_of([&] { shop.install(prefix, target_of({a})); }) == "");
}

TEST_CASE("a disk that fills puts the prefix back") {
  Workshop shop;
  const fs::path disk = shop.folder() / "disk", prefix = disk / "env";
  std::vector<MadeFile> small, large;
  for (int i = 0; i < 40; ++i) {
    small.push_back({.path = "share/" + std::to_string(i), .bytes = std::string(1000, 's')});
    large.push_back(
        {.path = "share/" + std::to_string(i), .bytes = std::string(100'000, static_cast<char>('a' + i % 26))});
  }
  MadePackage now = plain("a", large);
  now.version = "2.0";
  const WantedPackage before = shop.make(plain("a", small)), after = shop.make(now);
  const int code = in_own_mounts([&] {
    if (!mount_memory(disk, "size=1m")) return 77;
    if (code_of([&] { shop.install(prefix, target_of({after})); }) != "disk-full") return 1;
    if (listing(prefix) != "(nothing)\n") return 2;
    shop.install(prefix, target_of({before}));
    const std::string want = listing(prefix);
    if (code_of([&] { shop.install(prefix, target_of({after})); }) != "disk-full") return 3;
    if (listing(prefix) != want) return 4;
    // Not even room for the journal.
    write(disk / "filler", "");
    const int filler = open((disk / "filler").c_str(), O_WRONLY);
    const std::string block(4096, 'f');
    while (::write(filler, block.data(), block.size()) == 4096) {
    }
    close(filler);
    if (code_of([&] { shop.install(prefix, target_of({})); }) != "disk-full") return 5;
    if (listing(prefix) != want) return 6;
    fs::remove(disk / "filler");
    return code_of([&] { shop.install(prefix, target_of({})); }).empty() ? 0 : 7;
  });
  if (code == 77) {
    std::cout << "skipped: a file system of its own cannot be mounted here\n";
    return;
  }
  CHECK(code == 0);
}

TEST_CASE("a prefix that may not be written to is refused as it is") {
  Workshop shop;
  const fs::path disk = shop.folder() / "disk", prefix = disk / "env";
  const WantedPackage a = shop.make(plain("a", {{.path = "share/a", .bytes = "a"}}));
  const int code = in_own_mounts([&] {
    if (!mount_memory(disk, "size=1m")) return 77;
    shop.install(prefix, target_of({a}));
    const std::string want = listing(prefix);
    if (mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) return 77;
    if (code_of([&] { shop.install(prefix, target_of({})); }) != "prefix-unwritable") return 1;
    if (code_of([&] { shop.install(disk / "other", target_of({a})); }) != "prefix-unwritable") return 2;
    return listing(prefix) == want ? 0 : 3;
  });
  if (code == 77) {
    std::cout << "skipped: a file system of its own cannot be mounted here\n";
    return;
  }
  CHECK(code == 0);
}

TEST_CASE("a cache on another file system is copied from") {
  Workshop shop;
  const fs::path disk = shop.folder() / "disk", prefix = disk / "env";
  const WantedPackage a = shop.make(plain("a", {{.path = "share/a", .bytes = "a"}, {.path = "share/b", .bytes = ""}}));
  shop.install(shop.folder() / "near", target_of({a}));
  const std::string want = listing(shop.folder() / "near", Times::shown);
  const int code = in_own_mounts([&] {
    if (!mount_memory(disk, "size=1m")) return 77;
    const InstallResult result = shop.install(prefix, target_of({a}));
    if (result.copied != 2) return 1;
    return listing(prefix, Times::shown) == want ? 0 : 2;
  });
  if (code == 77) {
    std::cout << "skipped: a file system of its own cannot be mounted here\n";
    return;
  }
  CHECK(code == 0);
}
