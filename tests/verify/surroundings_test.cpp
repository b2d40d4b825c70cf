// The process's environment, the user's home, conda-meta/state and the machine.
#include "scene.h"
#include "support/catch.h"

using namespace envlock;
using envlock_test::find;
using envlock_test::has_line;
using envlock_test::Scene;
using envlock_test::told;
using Lines = std::vector<std::string>;

TEST_CASE("variables that lead python or the loader elsewhere are faults") {
  Scene scene;
  scene.options.environment = {{"PYTHONPATH", "/elsewhere"},
                               {"PYTHONHOME", "/usr"},
                               {"LD_PRELOAD", "/tmp/x.so"},
                               {"PYTHONPYCACHEPREFIX", "/tmp/pyc"}};
  CHECK(told(scene.verify(), true) ==
        Lines{"fault preload-set", "note python-cache-set", "fault python-home-set", "fault python-path-set"});
  scene.options.environment = {{"PYTHONPATH", ""}, {"LD_PRELOAD", ""}};
  CHECK(told(scene.verify(), true) == Lines{});
}

TEST_CASE("LD_LIBRARY_PATH is a fault where it shadows, and else a note") {
  Scene scene;
  const std::filesystem::path folder = scene.folder() / "libs";
  scene.options.environment = {{"LD_LIBRARY_PATH", folder.string() + ":" + (scene.prefix / "lib").string()}};
  CHECK(told(scene.verify(), true) == Lines{"note library-path-set"});
  envlock_test::write(folder / "libplain.so", "");
  const verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{"fault library-path-shadows"});
  CHECK(has_line(find(verification, "library-path-shadows"), "holds `libplain.so`"));
  scene.options.environment = {{"LD_LIBRARY_PATH", (scene.prefix / "lib").string()}};
  CHECK(told(scene.verify(), true) == Lines{});
}

TEST_CASE("the user's site-packages are a fault where they shadow, and else a note") {
  Scene scene;
  const std::filesystem::path site = scene.options.home / ".local/lib/python3.12/site-packages";
  envlock_test::write(site / "other/__init__.py", "");
  CHECK(told(scene.verify(), true) == Lines{"note user-site-used"});
  envlock_test::write(site / "pure-9.dist-info/METADATA", "");
  const verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{"fault user-site-shadows"});
  CHECK(has_line(find(verification, "user-site-shadows"), "the environment has `pure` too"));
  scene.options.environment = {{"PYTHONNOUSERSITE", "1"}};
  CHECK(told(scene.verify(), true) == Lines{});
}

TEST_CASE("variables of the lock are looked for where the environment is active") {
  Scene scene;
  scene.expected.variables = {{"CUBLAS_WORKSPACE_CONFIG", ":4096:8"}};
  scene.write_file("conda-meta/state", prefix::format_state(scene.expected.variables));
  CHECK(told(scene.verify(), true) == Lines{"note variables-inactive"});
  scene.options.environment = {{"CONDA_PREFIX", scene.prefix.string()}};
  CHECK(told(scene.verify(), true) == Lines{"fault variable-differs CUBLAS_WORKSPACE_CONFIG"});
  scene.options.environment["CUBLAS_WORKSPACE_CONFIG"] = ":16:8";
  CHECK(has_line(find(scene.verify(), "variable-differs"), "have `:16:8`"));
  scene.options.environment["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8";
  CHECK(told(scene.verify(), true) == Lines{});
}

TEST_CASE("what activation will set is held against the lock") {
  Scene scene;
  scene.write_file("conda-meta/state", prefix::format_state({{"LD_PRELOAD", "/tmp/x.so"}}));
  CHECK(told(scene.verify(), true) == Lines{"fault state-differs conda-meta/state"});
}

TEST_CASE("a machine that lacks what a package needs is told") {
  Scene scene;
  scene.expected.packages[2].depends = {"__cuda >=12.4"};
  scene.options.machine = std::vector<conda::VirtualPackage>{{"__cuda", "12.2"}};
  CHECK(told(scene.verify(), true) == Lines{"fault machine-lacks"});
  scene.options.machine = std::vector<conda::VirtualPackage>{{"__cuda", "12.9"}};
  CHECK(told(scene.verify(), true) == Lines{});
}
