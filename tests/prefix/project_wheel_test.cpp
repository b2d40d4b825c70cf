#include "envlock/prefix/project_wheel.h"

#include <map>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/git_tree.h"
#include "envlock/prefix/layout.h"
#include "envlock/prefix/wheel.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using Catch::Matchers::Contains;
using prefix::ProjectUse;

namespace {

namespace fs = std::filesystem;

constexpr const char* kPyproject =
    "[project]\nname = \"Our.Tool\"\nversion = \"1.2.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"six>=1\"]\n"
    "license = \"MIT\"\n[project.optional-dependencies]\nweb = [\"flask\"]\n[project.scripts]\nours = "
    "\"our_tool:main\"\n";
const std::string kSite = "lib/python3.12/site-packages/";

/// What installing the wheel of the project gives, by path.
std::map<std::string, std::string> installed(const fs::path& project, ProjectUse use, const TemporaryFolder& out) {
  const prefix::ProjectWheel made = prefix::make_project_wheel(project, "9", use);
  const prefix::WantedWheel wheel{.name = "our-tool",
                                  .version = "1.2.0",
                                  .url = "file:///x",
                                  .sha256 = core::sha256(made.bytes),
                                  .file = out.write(made.file_name, made.bytes),
                                  .direct = {.kind = prefix::DirectUrl::Kind::folder}};
  std::map<std::string, std::string> files;
  for (const prefix::WheelFile& file : prefix::wheel_files(wheel, "/p", prefix::python_of("3.12.1", ""))) {
    files[file.target] = file.bytes;
  }
  return files;
}

}  // namespace

TEST_CASE("a linked project is a .pth file, its metadata and its scripts") {
  const TemporaryFolder project, out;
  project.write("pyproject.toml", kPyproject);
  project.write("src/our_tool/__init__.py", "def main(): pass\n");
  const auto files = installed(project.path(), ProjectUse::link, out);
  CHECK(files.at(kSite + "__editable__.our_tool-1.2.0.pth") == (project.path() / "src").string() + "\n");
  CHECK(files.at(kSite + "our_tool-1.2.0.dist-info/METADATA") ==
        "Metadata-Version: 2.4\nName: Our.Tool\nVersion: 1.2.0\nLicense-Expression: MIT\nRequires-Python: >=3.9\n"
        "Requires-Dist: six>=1\nRequires-Dist: flask ; extra == \"web\"\nProvides-Extra: web\n");
  CHECK_THAT(files.at(kSite + "our_tool-1.2.0.dist-info/direct_url.json"), Contains("\"editable\": true"));
  CHECK_THAT(files.at("bin/ours"), Contains("from our_tool import main"));
  CHECK_FALSE(files.contains(kSite + "our_tool/__init__.py"));
  CHECK(files.size() == 9);
}

TEST_CASE("a copied project has all files of its packages") {
  const TemporaryFolder project, out;
  project.write("pyproject.toml", kPyproject);
  project.write("our_tool/__init__.py", "def main(): pass\n");
  project.write("our_tool/data/x.bin", std::string("\0\xff", 2));
  project.write("our_tool/__pycache__/x.pyc", "compiled");
  project.write("README.md", "not installed");
  fs::create_symlink("../README.md", project.path() / "our_tool/README.md");
  const auto files = installed(project.path(), ProjectUse::copy, out);
  CHECK(files.at(kSite + "our_tool/__init__.py") == "def main(): pass\n");
  CHECK(files.at(kSite + "our_tool/data/x.bin") == std::string("\0\xff", 2));
  CHECK(files.at(kSite + "our_tool/README.md") == "not installed");
  CHECK_FALSE(files.contains(kSite + "our_tool/__pycache__/x.pyc"));
  CHECK_FALSE(files.contains(kSite + "README.md"));
  CHECK(prefix::make_project_wheel(project.path(), "9", ProjectUse::copy).bytes ==
        prefix::make_project_wheel(project.path(), "9", ProjectUse::copy).bytes);
}

TEST_CASE("what only a build would tell, or what leads out of a project, is refused") {
  const TemporaryFolder project;
  project.write("pyproject.toml", kPyproject);
  project.write("our_tool/__init__.py", "");
  project.write("setup.py", "print('code')\n");
  CHECK_NOTHROW(prefix::make_project_wheel(project.path(), "9", ProjectUse::link));
  CHECK_THROWS_WITH(prefix::make_project_wheel(project.path(), "9", ProjectUse::copy),
                    Contains("cannot be installed without running its build"));
  fs::remove(project.path() / "setup.py");
  fs::create_symlink("/etc/hostname", project.path() / "our_tool/x.py");
  CHECK_THROWS_WITH(prefix::make_project_wheel(project.path(), "9", ProjectUse::copy), Contains("without running"));
  project.write("pyproject.toml",
                "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"a\\nRequires-Dist: b\"]\n");
  CHECK_THROWS_WITH(prefix::make_project_wheel(project.path(), "9", ProjectUse::link),
                    Contains("does not say what the project needs"));
  project.write("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\nlicense = \"MIT\\nRequires-Dist: b\"\n");
  project.write("x.py", "");
  CHECK_THROWS_WITH(prefix::make_project_wheel(project.path(), "9", ProjectUse::link), Contains("more than one line"));
}

TEST_CASE("a project in a folder that no .pth file can name is refused") {
  const TemporaryFolder parent;
  parent.write("a\nb/pyproject.toml", kPyproject);
  parent.write("a\nb/our_tool/__init__.py", "");
  CHECK_THROWS_WITH(prefix::make_project_wheel(parent.path() / "a\nb", "9", ProjectUse::link),
                    Contains("cannot be named in a .pth file"));
}

TEST_CASE("the files of a folder have the name that git gives them") {
  // `git mktree` and `git commit-tree` gave the same.
  const TemporaryFolder folder;
  folder.write("a.txt", "hello\n");
  folder.write("a/b.sh", "#!/bin/sh\n");
  fs::permissions(folder.path() / "a/b.sh", fs::perms::owner_exec, fs::perm_options::add);
  fs::create_symlink("a.txt", folder.path() / "link");
  fs::create_directories(folder.path() / "empty/empty");
  folder.write(".git/config", "does not count");
  fs::create_directories(folder.path() / "module");
  const std::string commit = "0123456789abcdef0123456789abcdef01234567";
  CHECK(prefix::git_tree_id(folder.path(), {{"module", commit}}) == "f43689345dd2824488be64a1b193deddd622c580");
  CHECK(prefix::git_commit_id("tree f43689345dd2824488be64a1b193deddd622c580\n") ==
        "5bab803376b5b683d7c2438a52ad6dc15bc36442");
  folder.write("a.txt", "hallo\n");
  CHECK(prefix::git_tree_id(folder.path(), {{"module", commit}}) != "f43689345dd2824488be64a1b193deddd622c580");
}
