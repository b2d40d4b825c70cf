// Kills at every step, and what recover makes of it.
#include "envlock/prefix/transaction.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>

#include "install_workshop.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::prefix;
using namespace envlock_test;
namespace fs = std::filesystem;

namespace {

constexpr int kKilled = 9;

/// Runs `work` in a process that ends at its step `at`, as if by a kill. False when there were fewer steps.
bool killed_at(int at, const std::function<void()>& work) {
  const pid_t process = fork();
  if (process == 0) {
    int step = 0;
    set_fault_hook([&](const char*) {
      if (step++ == at) _exit(kKilled);
    });
    try {
      work();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(process, &status, 0);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) != 1);
  return WEXITSTATUS(status) == kKilled;
}

const std::string kPlaceholder =
    "/opt/placeholder_placehold_placehold_placehold_placehold_placehold_placehold_placehold";

struct Scene {
  Workshop shop;
  fs::path prefix = shop.folder() / "outer" / "env";
  Target before, after;

  Scene() {
    const MadePackage base{
        .name = "base",
        .files = {
            {.path = "bin/base", .bytes = "#!" + kPlaceholder + "/bin/sh\n", .mode = 0755, .placeholder = kPlaceholder},
            {.path = "lib/libbase.so.1",
             .bytes = std::string("\x7f"
                                  "ELF") +
                      kPlaceholder + std::string(9, '\0'),
             .placeholder = kPlaceholder,
             .binary = true},
            {.path = "lib/libbase.so", .bytes = "", .link = "libbase.so.1"},
            {.path = "share/base/data", .bytes = "data"}}};
    const MadePackage old{.name = "tool",
                          .version = "1.0",
                          .files = {{.path = "bin/tool", .bytes = "one", .mode = 0755},
                                    {.path = "share/tool", .bytes = "a file in 1.0"},
                                    {.path = "old/deep/er/file", .bytes = "old"},
                                    {.path = "swap/file", .bytes = "a folder in 1.0"},
                                    {.path = "etc/tool.conf", .bytes = "default"}}};
    const MadePackage now{.name = "tool",
                          .version = "2.0",
                          .files = {{.path = "bin/tool", .bytes = "two", .mode = 0755},
                                    {.path = "share/tool/inner", .bytes = "a folder in 2.0"},
                                    {.path = "swap", .bytes = "a file in 2.0"},
                                    {.path = "etc/tool.conf", .bytes = "default 2"},
                                    {.path = "taken", .bytes = "where the user has a file"}}};
    const MadePackage leaving{
        .name = "leaving", .files = {{.path = "lib/leaving/a", .bytes = "a"}, {.path = "lib/leaving/b", .bytes = "b"}}};
    const WantedPackage kept = shop.make(base);
    before = target_of({kept, shop.make(old), shop.make(leaving)});
    before.variables = {{"A", "1"}};
    after = target_of({kept, shop.make(now)});
  }

  InstallOptions options() const {
    InstallOptions one;
    one.threads = 1;
    return one;
  }
  void install(const Target& target) { shop.install(prefix, target, options()); }

  void install_before_and_edit() {
    install(before);
    fs::remove(prefix / "etc/tool.conf");
    write(prefix / "etc/tool.conf", "changed by the user");
    write(prefix / "taken", "of the user");
    write(prefix / "lib/notes.txt", "of the user");
  }

  void save() {
    fs::remove_all(saved());
    if (fs::exists(prefix)) fs::copy(prefix, saved(), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }
  void restore() const {
    fs::remove_all(prefix);
    if (fs::exists(saved())) fs::copy(saved(), prefix, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }
  fs::path saved() const { return shop.folder() / "saved"; }

  /// Kills the install of `target` at each of its steps in turn. Every time, recover gives back what was there, or,
  /// after the commit, what is to be there. Returns the number of steps.
  int kill_at_every_step(const Target& target) {
    save();
    const std::string before_it = listing(prefix);
    install(target);
    const std::string after_it = listing(prefix);
    restore();
    REQUIRE(listing(prefix) == before_it);
    int step = 0;
    for (; killed_at(step, [&] { install(target); }); ++step) {
      INFO("step " << step);
      const bool interrupted = is_interrupted(prefix);
      CHECK(recover(prefix) == interrupted);
      CHECK_FALSE(is_interrupted(prefix));
      const std::string found = listing(prefix);
      if (found != before_it) REQUIRE(found == after_it);
      if (interrupted) REQUIRE(found == before_it);
      CHECK_FALSE(recover(prefix));
      REQUIRE(listing(prefix) == found);
      if (found != before_it) restore();
    }
    CHECK(listing(prefix) == after_it);
    return step;
  }

  /// The same, but recover is killed too: at its first step, then at its second, until it ends.
  void kill_recovery_too(const Target& target) {
    save();
    const std::string before_it = listing(prefix);
    for (int step = 0; killed_at(step, [&] { install(target); }); ++step) {
      INFO("step " << step);
      const bool interrupted = is_interrupted(prefix);
      for (int inner = 0; killed_at(inner, [&] { recover(prefix); }); ++inner) {
      }
      CHECK_FALSE(recover(prefix));
      if (interrupted) REQUIRE(listing(prefix) == before_it);
      restore();
    }
  }
};

}  // namespace

TEST_CASE("a fresh install that is killed at any step leaves nothing behind once it is recovered") {
  Scene scene;
  fs::create_directories(scene.shop.folder() / "outer");
  CHECK(scene.kill_at_every_step(scene.before) > 30);
}

TEST_CASE("folders above the prefix that an install made go too when it is undone") {
  Scene scene;
  REQUIRE(killed_at(15, [&] { scene.install(scene.before); }));
  CHECK(is_interrupted(scene.prefix));
  CHECK(recover(scene.prefix));
  CHECK_FALSE(fs::exists(scene.shop.folder() / "outer"));
}

TEST_CASE("an upgrade that is killed at any step is undone to the last byte") {
  Scene scene;
  scene.install_before_and_edit();
  CHECK(scene.kill_at_every_step(scene.after) > 40);
}

TEST_CASE("a removal that is killed at any step is undone") {
  Scene scene;
  scene.install_before_and_edit();
  Target less = scene.before;
  less.packages.resize(1);
  CHECK(scene.kill_at_every_step(less) > 25);
}

TEST_CASE("a recovery that is killed is taken up by the next") {
  Scene scene;
  scene.install_before_and_edit();
  scene.kill_recovery_too(scene.after);
}

TEST_CASE("an install that is killed at random moments is undone or complete") {
  Scene scene;
  scene.install_before_and_edit();
  scene.save();
  const std::string before_it = listing(scene.prefix);
  const auto begin = std::chrono::steady_clock::now();
  scene.install(scene.after);
  const auto duration = std::chrono::steady_clock::now() - begin;
  const std::string after_it = listing(scene.prefix);
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::uniform_int_distribution<long> microseconds(
      0, std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
  for (int round = 0; round < 100; ++round) {
    scene.restore();
    const pid_t process = fork();
    if (process == 0) {
      scene.shop.install(scene.prefix, scene.after, {});
      _exit(0);
    }
    usleep(static_cast<useconds_t>(microseconds(random)));
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    const bool interrupted = is_interrupted(scene.prefix);
    recover(scene.prefix);
    const std::string found = listing(scene.prefix);
    if (interrupted || found != after_it) REQUIRE(found == before_it);
  }
}

TEST_CASE("an exception at any step puts the prefix back at once") {
  Scene scene;
  scene.install_before_and_edit();
  const std::string before_it = listing(scene.prefix);
  bool done = false;
  for (int at = 0; !done; ++at) {
    INFO("step " << at);
    int step = 0;
    // Undoing has steps of its own, at which nothing is thrown here.
    set_fault_hook([&](const char* name) {
      const std::string_view text = name;
      if (step++ == at && !text.starts_with("undo") && !text.starts_with("remove") && text != "empty-trash" &&
          text != "committed") {
        throw core::Error(core::Diagnostic{.code = "test-fault", .what = name});
      }
    });
    std::string code = code_of([&] { scene.install(scene.after); });
    set_fault_hook(nullptr);
    if (code.empty()) {
      done = true;
    } else {
      CHECK(code == "test-fault");
      REQUIRE(listing(scene.prefix) == before_it);
    }
  }
}

TEST_CASE("a damaged journal is refused, and nothing is touched") {
  Scene scene;
  scene.install_before_and_edit();
  REQUIRE(killed_at(20, [&] { scene.install(scene.after); }));
  const fs::path journal = scene.prefix / "conda-meta/.envlock/journal";
  const std::string whole = read(journal);
  for (const std::string& damaged : {whole.substr(0, whole.size() / 2), std::string(), whole + "x", "x" + whole}) {
    write(journal, damaged);
    const std::string left = listing(scene.prefix);
    CHECK(code_of([&] { recover(scene.prefix); }) == "recovery-failed");
    CHECK(listing(scene.prefix) == left);
  }
  write(journal, whole);
  CHECK(recover(scene.prefix));
}

TEST_CASE("files in the trash without a journal are not thrown away") {
  Scene scene;
  scene.install(scene.before);
  write(scene.prefix / "conda-meta/.envlock/trash/0", "of somebody");
  CHECK(code_of([&] { recover(scene.prefix); }) == "recovery-failed");
  CHECK(read(scene.prefix / "conda-meta/.envlock/trash/0") == "of somebody");
}

TEST_CASE("there is nothing to recover where nothing was interrupted") {
  Scene scene;
  CHECK_FALSE(recover(scene.prefix));
  CHECK_FALSE(fs::exists(scene.prefix));
  scene.install(scene.before);
  const std::string want = listing(scene.prefix, Times::shown);
  CHECK_FALSE(recover(scene.prefix));
  CHECK(listing(scene.prefix, Times::shown) == want);
}
