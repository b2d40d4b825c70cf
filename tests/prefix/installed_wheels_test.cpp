// Wheels as part of an install.
#include "../../lib/prefix/src/installed_wheels.h"

#include <sys/wait.h>
#include <unistd.h>

#include "envlock/prefix/transaction.h"
#include "install_workshop.h"
#include "support/catch.h"
#include "wheel_fixtures.h"

using namespace envlock;
using namespace envlock::prefix;
using namespace envlock_test;
namespace fs = std::filesystem;

namespace {

const std::string kSite = "lib/python3.11/site-packages";

struct Scene {
  Workshop shop;
  TemporaryFolder wheels;
  fs::path prefix = shop.folder() / "env";
  WantedPackage python = shop.make(
      {.name = "python", .version = "3.11.0", .files = {{.path = "bin/python3.11", .bytes = "no", .mode = 0755}}});

  Target target(std::vector<WantedWheel> wanted) {
    Target all = target_of({python});
    all.wheels = std::move(wanted);
    return all;
  }
};

}  // namespace

TEST_CASE("a wheel is installed, kept while it is wanted, and removed with all of its files") {
  Scene scene;
  const fs::path site = scene.prefix / kSite;
  const WantedWheel one =
      WheelMaker("foo", "1.0").add("foo/__init__.py", "one").add("foo/old.py", "o").write(scene.wheels);
  const WantedWheel two = WheelMaker("foo", "2.0").add("foo/__init__.py", "two").write(scene.wheels);
  scene.shop.install(scene.prefix, scene.target({one}));
  CHECK(read(site / "foo/__init__.py") == "one");
  CHECK(read(site / "foo-1.0.dist-info/INSTALLER").starts_with("envlock"));
  CHECK(read(scene.prefix / kWheelList) == "foo 1.0 " + core::format(one.sha256) + "\n");
  const std::string want = listing(scene.prefix, Times::shown);

  SECTION("nothing is done twice") {
    const WheelDifference none = compare_wheels(scene.prefix, read_conda_meta(scene.prefix), scene.target({one}));
    CHECK(none.to_install.empty());
    CHECK(none.to_remove.empty());
    CHECK(none.unchanged.size() == 1);
    scene.shop.install(scene.prefix, scene.target({one}));
    CHECK(listing(scene.prefix, Times::shown) == want);
  }
  SECTION("another version takes its place") {
    write(site / "foo/__pycache__/old.cpython-311.pyc", "python made it");
    scene.shop.install(scene.prefix, scene.target({two}));
    CHECK(read(site / "foo/__init__.py") == "two");
    CHECK_FALSE(fs::exists(site / "foo/old.py"));
    CHECK_FALSE(fs::exists(site / "foo-1.0.dist-info"));
    CHECK_FALSE(fs::exists(site / "foo/__pycache__"));
    scene.shop.install(scene.prefix, scene.target({one}));
    CHECK(listing(scene.prefix, Times::shown) == want);
  }
  SECTION("other bytes of the same version take its place") {
    const WantedWheel other = WheelMaker("foo", "1.0").add("foo/__init__.py", "rebuilt").write(scene.wheels);
    scene.shop.install(scene.prefix, scene.target({other}));
    CHECK(read(site / "foo/__init__.py") == "rebuilt");
  }
  SECTION("a changed file is kept aside") {
    write(site / "foo/__init__.py", "changed");
    CHECK(scene.shop.install(scene.prefix, scene.target({})).kept_aside ==
          std::vector<std::string>{kSite + "/foo/__init__.py -> " + kSite + "/foo/__init__.py.envlock-kept-1"});
  }
  SECTION("it goes") {
    scene.shop.install(scene.prefix, scene.target({}));
    CHECK_FALSE(fs::exists(scene.prefix / "lib"));
    CHECK_FALSE(fs::exists(scene.prefix / kWheelList));
  }
  SECTION("it moves with the python") {
    Target target = scene.target({one});
    target.packages = {scene.shop.make({.name = "python", .version = "3.12.0"})};
    scene.shop.install(scene.prefix, target);
    CHECK(read(scene.prefix / "lib/python3.12/site-packages/foo/__init__.py") == "one");
    CHECK_FALSE(fs::exists(scene.prefix / "lib/python3.11"));
  }
}

TEST_CASE("what pip installed is left alone") {
  Scene scene;
  const fs::path site = scene.prefix / kSite;
  scene.shop.install(scene.prefix, scene.target({}));
  write(site / "bar-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: bar\nVersion: 1.0\n");
  write(site / "bar-1.0.dist-info/INSTALLER", "pip\n");
  write(site / "bar-1.0.dist-info/RECORD", "bar.py,,\nbar-1.0.dist-info/METADATA,,\n");
  write(site / "bar.py", "");
  const std::string want = listing(scene.prefix);
  scene.shop.install(scene.prefix, scene.target({}));
  CHECK(listing(scene.prefix) == want);
}

TEST_CASE("a RECORD cannot have files outside of the prefix or of conda-meta removed") {
  Scene scene;
  const fs::path site = scene.prefix / kSite;
  write(scene.shop.folder() / "precious", "of the user");
  scene.shop.install(scene.prefix, scene.target({}));
  write(site / "bar-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: bar\nVersion: 1.0\n");
  write(site / "bar-1.0.dist-info/INSTALLER", "envlock\n");
  write(site / "bar-1.0.dist-info/RECORD", "../../../../precious,,\n" + (scene.shop.folder() / "precious").string() +
                                               ",,\n../../../conda-meta/python-3.11.0-0.json,,\n"
                                               "../../../bin/python3.11,,\n");
  scene.shop.install(scene.prefix, scene.target({}));
  CHECK(read(scene.shop.folder() / "precious") == "of the user");
  CHECK(read_conda_meta(scene.prefix).packages.size() == 1);
  CHECK(read(scene.prefix / "bin/python3.11") == "no");
}

TEST_CASE("a wheel that is not what was locked leaves the prefix as it was") {
  Scene scene;
  WantedWheel wheel = WheelMaker("foo", "1.0").add("foo/__init__.py", "one").write(scene.wheels);
  wheel.sha256 = core::sha256("another");
  CHECK(code_of([&] { scene.shop.install(scene.prefix, scene.target({wheel})); }) == "hash-mismatch");
  CHECK_FALSE(fs::exists(scene.prefix));
  Target without = scene.target({wheel});
  without.packages.clear();
  CHECK(code_of([&] { scene.shop.install(scene.prefix, without); }) == "no-python");
  CHECK_FALSE(fs::exists(scene.prefix));
}

TEST_CASE("a wheel's install that is killed at any step is undone") {
  Scene scene;
  const WantedWheel one = WheelMaker("foo", "1.0").add("foo/__init__.py", "one").write(scene.wheels);
  const WantedWheel two = WheelMaker("foo", "2.0").add("foo/__init__.py", "two").write(scene.wheels);
  scene.shop.install(scene.prefix, scene.target({one}));
  const std::string want = listing(scene.prefix);
  for (int at = 0;; ++at) {
    const pid_t process = fork();
    if (process == 0) {
      int step = 0;
      set_fault_hook([&](const char*) {
        if (step++ == at) _exit(9);
      });
      InstallOptions options;
      options.threads = 1;
      scene.shop.install(scene.prefix, scene.target({two}), options);
      _exit(0);
    }
    int status = 0;
    waitpid(process, &status, 0);
    const bool interrupted = is_interrupted(scene.prefix);
    recover(scene.prefix);
    INFO("step " << at);
    CHECK_FALSE(fs::exists(scene.prefix / "conda-meta/.envlock"));
    if (!interrupted && listing(scene.prefix) != want) break;
    REQUIRE(listing(scene.prefix) == want);
    REQUIRE(at < 500);
  }
  CHECK(read(scene.prefix / kSite / "foo/__init__.py") == "two");
}
