#include "environment_path.h"

#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
namespace fs = std::filesystem;

namespace {

using Values = std::map<std::string, std::string>;

/// Sets the variables that choosing looks at, and none else of them; puts the old ones back.
class Variables {
 public:
  explicit Variables(const Values& values) {
    for (const char* name :
         {"HOME", "CONDA_PREFIX", "CONDA_ENVS_DIRS", "CONDA_ENVS_PATH", "MAMBA_ROOT_PREFIX", "CONDA_EXE"}) {
      const char* old = std::getenv(name);
      if (old != nullptr) old_[name] = old;
      names_.push_back(name);
      unsetenv(name);
    }
    for (const auto& [name, value] : values) setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variables() {
    for (const std::string& name : names_) {
      const auto old = old_.find(name);
      if (old == old_.end()) {
        unsetenv(name.c_str());
      } else {
        setenv(name.c_str(), old->second.c_str(), 1);
      }
    }
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::string> old_;
};

class WorkingFolder {
 public:
  explicit WorkingFolder(const fs::path& path) : old_(fs::current_path()) { fs::current_path(path); }
  ~WorkingFolder() { fs::current_path(old_); }

 private:
  fs::path old_;
};

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const core::Error& error) {
    return error.diagnostics().front().code;
  }
  return "none";
}

}  // namespace

TEST_CASE("an environment of a name is looked for in conda's folders, in conda's order") {
  const envlock_test::TemporaryFolder folder;
  const std::string root = folder.path().string();
  folder.write("second/envs/ml/conda-meta/history", "");
  folder.write("home/.conda/envs/ml/conda-meta/history", "");
  folder.write("home/.conda/envs/old/conda-meta/history", "");
  folder.write("second/conda-meta/history", "");
  const Variables set(Values{{"HOME", root + "/home"},
                             {"CONDA_ENVS_DIRS", root + "/first:relative::~/more"},
                             {"MAMBA_ROOT_PREFIX", root + "/second"}});
  CHECK(tools::environment_folders() ==
        std::vector<fs::path>{root + "/first", root + "/home/more", root + "/second/envs", root + "/home/.conda/envs"});
  CHECK(tools::find_prefix({.prefix = "", .name = "ml"}) == fs::path(root + "/second/envs/ml"));
  CHECK(tools::find_prefix({.prefix = "", .name = "old"}) == fs::path(root + "/home/.conda/envs/old"));
  CHECK(tools::find_prefix({.prefix = "", .name = "base"}) == fs::path(root + "/second"));
}

TEST_CASE("a name that nobody has is an error which names what is near") {
  const envlock_test::TemporaryFolder folder;
  folder.write("envs/pytorch/conda-meta/history", "");
  const Variables set(Values{{"CONDA_ENVS_DIRS", folder.path().string() + "/envs"}});
  try {
    tools::find_prefix({.prefix = "", .name = "pytroch"});
    FAIL("it was found");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().code == "unknown-environment");
    CHECK(error.diagnostics().front().hints.front() == "did you mean `-n pytorch`?");
  }
}

TEST_CASE("what cannot be a name is refused before any folder is looked at") {
  const Variables set(Values{});
  for (const char* name : {"..", ".", "a/b", "../x", "a b", "a:b", "a#b", "a\nb"}) {
    CAPTURE(name);
    CHECK(code_of([&] { tools::find_prefix({.prefix = "", .name = name}); }) == "invalid-argument");
    CHECK(code_of([&] { tools::prefix_to_create({.prefix = "", .name = name}, "envlock.lock"); }) ==
          "invalid-argument");
  }
  CHECK(code_of([] { tools::find_prefix({.prefix = "x", .name = "y"}); }) == "invalid-argument");
  // conda and mamba live there.
  CHECK(code_of([] { tools::prefix_to_create({.prefix = "", .name = "base"}, "envlock.lock"); }) == "invalid-argument");
}

TEST_CASE("without a name it is the active environment, then the project's, then none") {
  const envlock_test::TemporaryFolder folder;
  const WorkingFolder here(folder.path());
  const fs::path root = fs::current_path();
  {
    const Variables set(Values{});
    CHECK(tools::find_prefix({}) == std::nullopt);
    CHECK(code_of([] { tools::require_prefix({}); }) == "no-prefix");
    folder.write(".envlock/env/conda-meta/history", "");
    CHECK(tools::find_prefix({}) == root / ".envlock/env");
  }
  const Variables set(Values{{"CONDA_PREFIX", "/opt/active/"}});
  CHECK(tools::find_prefix({}) == fs::path("/opt/active"));
  CHECK(tools::find_prefix({.prefix = "./a/../b/", .name = ""}) == root / "b");
}

TEST_CASE("a new environment lies beside the lock, or under its name in the first folder that can be written") {
  const envlock_test::TemporaryFolder folder;
  const WorkingFolder here(folder.path());
  const fs::path root = fs::current_path();
  folder.write("a-file", "");
  folder.write("old/ml/conda-meta/history", "");
  const Variables set(Values{
      {"HOME", root / "home"},
      {"CONDA_ENVS_PATH", (root / "a-file").string() + ":" + (root / "new").string() + ":" + (root / "old").string()}});
  CHECK(tools::prefix_to_create({}, "envlock.lock") == root / ".envlock/env");
  CHECK(tools::prefix_to_create({}, "sub/envlock.lock") == root / "sub/.envlock/env");
  CHECK(tools::prefix_to_create({.prefix = "p", .name = ""}, "sub/envlock.lock") == root / "p");
  // A file is no folder; the next one can be made.
  CHECK(tools::prefix_to_create({.prefix = "", .name = "fresh"}, "envlock.lock") == root / "new/fresh");
  CHECK(tools::prefix_to_create({.prefix = "", .name = "ml"}, "envlock.lock") == root / "old/ml");
  CHECK(!fs::exists(root / "new"));
}

TEST_CASE("a place to create in is asked for when nothing can be written") {
  const envlock_test::TemporaryFolder folder;
  folder.write("a-file", "");
  const Variables set(Values{{"CONDA_ENVS_DIRS", folder.path().string() + "/a-file"}});
  CHECK(code_of([] { tools::prefix_to_create({.prefix = "", .name = "fresh"}, "envlock.lock"); }) == "no-prefix");
}
