#include <cstdlib>

#include "envlock/archive/package_cache.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;

namespace {

/// Environment variables that are put back at the end.
class Environment {
 public:
  explicit Environment(const std::vector<std::pair<std::string, std::string>>& variables) {
    for (const auto& [name, value] : variables) {
      const char* old = std::getenv(name.c_str());
      before_.emplace_back(name, old ? std::optional<std::string>(old) : std::nullopt);
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
  ~Environment() {
    for (const auto& [name, value] : before_) value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
  }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

}  // namespace

TEST_CASE("the folders of other tools are those that exist, each once") {
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  for (const char* each :
       {"a", "b", "base/pkgs", "base/envs/x", "home/.conda/pkgs", "home/.cache/rattler/cache/pkgs"}) {
    std::filesystem::create_directories(folder.path() / each);
  }
  const Environment environment({{"CONDA_PKGS_DIRS", at + "/b," + at + "/a:" + at + "/none,relative," + at + "/b"},
                                 {"CONDA_PREFIX", at + "/base/envs/x"},
                                 {"MAMBA_ROOT_PREFIX", at + "/base"},
                                 {"HOME", at + "/home"}});
  CHECK(archive::foreign_package_folders() ==
        std::vector<std::filesystem::path>{at + "/b", at + "/a", at + "/base/pkgs", at + "/home/.conda/pkgs",
                                           at + "/home/.cache/rattler/cache/pkgs"});
}

TEST_CASE("an archive is taken from another tool's folder by its name and hash") {
  const TemporaryFolder folder;
  folder.write("a/x.conda", "damaged");
  const std::filesystem::path whole = folder.write("b/x.conda", "whole");
  folder.write("secret", "whole");
  const std::vector<std::filesystem::path> folders = {folder.path() / "none", folder.path() / "a", folder.path() / "b"};
  CHECK(archive::find_archive(folders, "x.conda", core::sha256("whole")) == whole);
  CHECK(archive::find_archive(folders, "x.conda", core::sha256("other")) == std::nullopt);
  CHECK(archive::find_archive(folders, "y.conda", core::sha256("whole")) == std::nullopt);
  CHECK(archive::find_archive(folders, "../secret", core::sha256("whole")) == std::nullopt);
  CHECK(archive::find_archive(folders, "", core::sha256("whole")) == std::nullopt);
}
