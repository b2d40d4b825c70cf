#include "envlock/archive/package_cache.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

#include "fault_hook.h"
#include "make_archive.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using archive::PackageCache;
using archive::Unpacked;
using Catch::Matchers::Contains;

namespace {

const std::vector<TarMember> kContent = {
    {.name = "bin/tool", .data = "#!/bin/sh\n", .mode = 0775},
    {.name = "lib/large", .data = std::string(600'000, 'l'), .mode = 0664, .mtime = 1'600'000'000},
    {.name = "lib/read-only", .data = "r", .mode = 0444},
    {.name = "lib/link", .type = '2', .link = "large"},
    {.name = "lib/same", .type = '1', .link = "lib/large", .mode = 0664, .mtime = 1'600'000'000},
    {.name = "share/empty/", .type = '5', .mode = 0755},
};

/// A package and an empty cache.
struct Setting {
  TemporaryFolder folder;
  std::string bytes = conda(plain_info(), kContent);
  std::filesystem::path file = folder.write("x.conda", bytes);
  core::Sha256 sha256 = core::sha256(bytes);
  std::filesystem::path root = folder.path() / "cache";
  PackageCache cache{root};
};

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct stat status_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status;
}

/// Is all as it was in the archive?
void check_whole(const PackageCache& cache, const Unpacked& package) {
  CHECK(package.files.size() == 8);
  for (const archive::UnpackedFile& file : package.files) CHECK(cache.is_unchanged(package, file));
  CHECK(content(package.path_of(*package.find("lib/same"))) == std::string(600'000, 'l'));
}

bool is_work_left(const std::filesystem::path& root) {
  return !std::filesystem::is_empty(root / "tmp");
}

void overwrite(const std::filesystem::path& path, std::string_view bytes) {
  std::fstream out(path, std::ios::in | std::ios::out | std::ios::binary);
  out << bytes;
}

void set_mtime(const std::filesystem::path& path, std::int64_t seconds) {
  const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("a package is unpacked with its modes, times and hashes, whatever the umask") {
  const mode_t before = umask(077);
  Setting setting;
  const Unpacked package = setting.cache.unpack(setting.file, setting.sha256);
  umask(before);
  CHECK(package.package == setting.sha256);
  CHECK(package.package_size == setting.bytes.size());
  check_whole(setting.cache, package);
  const archive::UnpackedFile& large = *package.find("lib/large");
  CHECK(large.sha256 == core::sha256(std::string(600'000, 'l')));
  CHECK(large.entry.mode == 0664);
  CHECK((status_of(package.path_of(large)).st_mode & 07777) == 0664);
  CHECK(status_of(package.path_of(large)).st_mtim.tv_sec == 1'600'000'000);
  CHECK(status_of(package.path_of(large)).st_mtim.tv_nsec == 0);
  CHECK(package.find("lib/same")->sha256 == large.sha256);
  CHECK(status_of(package.path_of(large)).st_nlink == 1);
  CHECK((status_of(package.path_of(*package.find("bin/tool"))).st_mode & 07777) == 0775);
  CHECK(std::filesystem::read_symlink(package.path_of(*package.find("lib/link"))) == "large");
  CHECK(std::filesystem::is_directory(package.folder / "files/share/empty"));
  CHECK(package.find("info/index.json") != nullptr);
  CHECK(package.find("lib") == nullptr);
  CHECK(package.find("") == nullptr);
  CHECK(std::is_sorted(package.files.begin(), package.files.end(),
                       [](const auto& left, const auto& right) { return left.entry.path < right.entry.path; }));
  CHECK(!is_work_left(setting.root));
}

TEST_CASE("a package in the cache is found, and not unpacked again") {
  Setting setting;
  CHECK(!setting.cache.find(setting.sha256));
  const Unpacked made = setting.cache.unpack(setting.file, setting.sha256);
  const std::optional<Unpacked> found = PackageCache(setting.root).find(setting.sha256);
  REQUIRE(found);
  CHECK(found->files == made.files);
  CHECK(found->folder == made.folder);
  CHECK(found->package_size == made.package_size);
  std::filesystem::remove(setting.file);
  CHECK(setting.cache.unpack(setting.file, setting.sha256).files == made.files);
}

TEST_CASE("an archive with another hash is refused and leaves nothing behind") {
  Setting setting;
  const core::Sha256 other = core::sha256("other");
  const std::string said = refusal([&] { setting.cache.unpack(setting.file, other); });
  CHECK(said == "hash-mismatch: want sha256 " + core::format(other));
  CHECK(!setting.cache.find(other));
  CHECK(!setting.cache.find(setting.sha256));
  CHECK(!is_work_left(setting.root));
  const std::filesystem::path hostile = setting.folder.write("y", bzip2(tar({{.name = "a"}, {.name = "../b"}})));
  CHECK_THAT(refusal([&] { setting.cache.unpack(hostile, other); }), Contains("archive-unsafe"));
  CHECK(!is_work_left(setting.root));
}

TEST_CASE("a damaged listing counts as none, and the package is made anew") {
  Setting setting;
  const Unpacked made = setting.cache.unpack(setting.file, setting.sha256);
  overwrite(made.folder / "listing", "damaged");
  CHECK(!setting.cache.find(setting.sha256));
  check_whole(setting.cache, setting.cache.unpack(setting.file, setting.sha256));
  CHECK(setting.cache.find(setting.sha256));
  std::filesystem::remove(made.folder / "listing");
  check_whole(setting.cache, setting.cache.unpack(setting.file, setting.sha256));
  // Another package's listing does not count either.
  const std::string other = conda(plain_info(), {{.name = "a"}});
  const Unpacked foreign = setting.cache.unpack(setting.folder.write("y", other), core::sha256(other));
  std::filesystem::copy_file(foreign.folder / "listing", made.folder / "listing",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(!setting.cache.find(setting.sha256));
  CHECK(!is_work_left(setting.root));
}

TEST_CASE("a file that was changed is found, whatever its times say") {
  Setting setting;
  const Unpacked package = setting.cache.unpack(setting.file, setting.sha256);
  const archive::UnpackedFile& large = *package.find("lib/large");
  const std::filesystem::path path = package.path_of(large);
  overwrite(path, "L");
  set_mtime(path, 1'600'000'000);
  CHECK(!setting.cache.is_unchanged(package, large));
  overwrite(path, "l");
  CHECK(setting.cache.is_unchanged(package, large));  // by its hash
  chmod(path.c_str(), 0600);
  CHECK(!setting.cache.is_unchanged(package, large));
  chmod(path.c_str(), 0664);
  CHECK(setting.cache.is_unchanged(package, large));
  std::filesystem::resize_file(path, 599'999);
  CHECK(!setting.cache.is_unchanged(package, large));
  std::filesystem::resize_file(path, 700'000);
  CHECK(!setting.cache.is_unchanged(package, large));
  std::filesystem::remove(path);
  CHECK(!setting.cache.is_unchanged(package, large));
  std::filesystem::create_symlink("read-only", path);
  CHECK(!setting.cache.is_unchanged(package, large));
  std::filesystem::remove(path);
  REQUIRE(mkfifo(path.c_str(), 0664) == 0);
  CHECK(!setting.cache.is_unchanged(package, large));
  const archive::UnpackedFile& link = *package.find("lib/link");
  std::filesystem::remove(package.path_of(link));
  std::filesystem::create_symlink("largest", package.path_of(link));
  CHECK(!setting.cache.is_unchanged(package, link));
  const archive::UnpackedFile& empty = *package.find("share/empty");
  CHECK(setting.cache.is_unchanged(package, empty));
  std::filesystem::remove(package.path_of(empty));
  CHECK(!setting.cache.is_unchanged(package, empty));
}

TEST_CASE("a throw-away removes the package from sight") {
  Setting setting;
  const Unpacked package = setting.cache.unpack(setting.file, setting.sha256);
  setting.cache.remove(setting.sha256);
  CHECK(!setting.cache.find(setting.sha256));
  CHECK(!std::filesystem::exists(package.folder));
  CHECK(!is_work_left(setting.root));
  setting.cache.remove(setting.sha256);  // nothing there is no mistake
  check_whole(setting.cache, setting.cache.unpack(setting.file, setting.sha256));
}

TEST_CASE("stamps are taken anew of files that are still right") {
  Setting setting;
  const Unpacked package = setting.cache.unpack(setting.file, setting.sha256);
  const std::filesystem::path tool = package.path_of(*package.find("bin/tool"));
  const std::filesystem::path large = package.path_of(*package.find("lib/large"));
  const std::filesystem::path read_only = package.path_of(*package.find("lib/read-only"));
  std::filesystem::create_hard_link(tool, setting.folder.path() / "linked");
  set_mtime(large, 5);
  std::filesystem::resize_file(read_only, 2);
  set_mtime(read_only, 1'700'000'000);
  const auto stamp = [&](std::string_view path) { return setting.cache.find(setting.sha256)->find(path)->stamp; };
  CHECK(stamp("bin/tool") != archive::stamp_of(tool));
  setting.cache.restamp(package);
  CHECK(stamp("bin/tool") == archive::stamp_of(tool));
  CHECK(stamp("lib/large") == archive::FileStamp{});
  CHECK(stamp("lib/read-only") == archive::FileStamp{});
  CHECK(!is_work_left(setting.root));
  // Without stamps, or with damaged ones, the files are hashed.
  overwrite(package.folder / "stamps", "damaged");
  const std::optional<Unpacked> found = setting.cache.find(setting.sha256);
  REQUIRE(found);
  CHECK(found->find("bin/tool")->stamp == archive::FileStamp{});
  CHECK(setting.cache.is_unchanged(*found, *found->find("bin/tool")));
}

TEST_CASE("a stamp is trusted without reading, and differs after a change") {
  Setting setting;
  const Unpacked package = setting.cache.unpack(setting.file, setting.sha256);
  archive::UnpackedFile file = *package.find("bin/tool");
  file.sha256 = core::sha256("something else");
  CHECK(setting.cache.is_unchanged(package, file));
  file.stamp.ctime_nanoseconds -= 1;
  CHECK(!setting.cache.is_unchanged(package, file));
}

TEST_CASE("processes and threads that unpack one package at once all get it") {
  Setting setting;
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      bool good = true;
      for (int round = 0; round < 10 && good; ++round) {
        try {
          PackageCache cache(setting.root);
          const Unpacked package = cache.unpack(setting.file, setting.sha256);
          good = package.files.size() == 8;
          if (i == 0) cache.remove(setting.sha256);
        } catch (...) {
          good = false;
        }
      }
      _exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { good += setting.cache.unpack(setting.file, setting.sha256).files.size() == 8; });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 4);
  check_whole(setting.cache, *setting.cache.find(setting.sha256));
  CHECK(!is_work_left(setting.root));
}

TEST_CASE("a process that dies at any step leaves a cache that works") {
  Setting setting;
  static int steps_left;
  for (int step = 0; step < 24; ++step) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      steps_left = step;
      archive::fault_hook = [](const char*) {
        if (steps_left-- == 0) _exit(0);
      };
      PackageCache cache(setting.root);
      cache.unpack(setting.file, setting.sha256);
      cache.remove(setting.sha256);
      cache.unpack(setting.file, setting.sha256);
      _exit(2);
    }
    int status = 0;
    waitpid(child, &status, 0);
    INFO("step " << step);
    if (const std::optional<Unpacked> found = setting.cache.find(setting.sha256)) check_whole(setting.cache, *found);
    PackageCache next(setting.root);
    check_whole(next, next.unpack(setting.file, setting.sha256));
    next.remove(setting.sha256);
    CHECK(!is_work_left(setting.root));
  }
}

TEST_CASE("what a living process works on is not cleared away") {
  Setting setting;
  static std::filesystem::path root;
  root = setting.root;
  archive::fault_hook = [](const char* step) {
    if (std::string_view(step) == "listed") {
      archive::fault_hook = nullptr;
      PackageCache other(root);
      other.remove(core::sha256("nothing"));
      const std::string bytes = conda(plain_info(), {{.name = "a"}});
      const std::filesystem::path file = root / "y.conda";
      std::ofstream(file, std::ios::binary) << bytes;
      other.unpack(file, core::sha256(bytes));
    }
  };
  check_whole(setting.cache, setting.cache.unpack(setting.file, setting.sha256));
  archive::fault_hook = nullptr;
}

TEST_CASE("a cache that cannot be written is named, and packages are unpacked into a folder that goes with it") {
  Setting setting;
  setting.folder.write("cache", "a file in the folder's place");
  std::filesystem::path unpacked;
  {
    PackageCache cache(setting.root);
    CHECK(!cache.trouble());
    const Unpacked made = cache.unpack(setting.file, setting.sha256);
    check_whole(cache, made);
    unpacked = made.folder;
    REQUIRE(cache.trouble());
    CHECK(cache.trouble()->code == "cache-unwritable");
    REQUIRE(cache.find(setting.sha256));
    cache.restamp(made);
    cache.remove(setting.sha256);
    CHECK(!cache.find(setting.sha256));
    check_whole(cache, cache.unpack(setting.file, setting.sha256));
  }
  CHECK(!std::filesystem::exists(unpacked.parent_path().parent_path()));
}

TEST_CASE("what a cache that cannot be written has is used, until it is thrown away") {
  Setting setting;
  const Unpacked shared = setting.cache.unpack(setting.file, setting.sha256);
  std::filesystem::remove_all(setting.root / "tmp");
  setting.folder.write("cache/tmp", "a file in the folder's place");
  PackageCache cache(setting.root);
  CHECK(cache.unpack(setting.file, setting.sha256).folder == shared.folder);
  CHECK(!cache.trouble());
  cache.remove(setting.sha256);
  CHECK(!cache.find(setting.sha256));
  CHECK(cache.unpack(setting.file, setting.sha256).folder != shared.folder);
  CHECK(cache.trouble());
  CHECK(std::filesystem::exists(shared.folder));
}

TEST_CASE("a full disk is named, and nothing is left on it") {
  Setting setting;
  std::filesystem::create_directory(setting.root);
  if (mount("tmpfs", setting.root.c_str(), "tmpfs", 0, "size=800k") != 0) {
    std::cout << "skipped: no right to mount a small file system\n";
    return;
  }
  CHECK_THAT(refusal([&] { setting.cache.unpack(setting.file, setting.sha256); }), Contains("disk-full"));
  CHECK(!setting.cache.find(setting.sha256));
  CHECK(!is_work_left(setting.root));
  const std::string small = conda(plain_info(), {{.name = "a", .data = "a"}});
  CHECK(setting.cache.unpack(setting.folder.write("y", small), core::sha256(small)).files.size() == 3);
  CHECK(umount(setting.root.c_str()) == 0);
}
