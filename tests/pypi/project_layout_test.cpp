#include "envlock/pypi/project_layout.h"

#include <map>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/pypi/project_folder.h"
#include "project_modules.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using Catch::Matchers::Contains;

namespace {

const std::string kProject = "[project]\nname = \"Our.Tool\"\nversion = \"1.2\"\n";

std::string build_system(const std::string& backend) {
  return "[build-system]\nrequires = []\nbuild-backend = \"" + backend + "\"\n";
}

/// "MODULE=PATH ... in ROOT ..." of a project with these files; what stands in the way of each use instead.
std::string layout_of(const std::string& pyproject, const std::vector<std::string>& files,
                      const std::map<std::string, std::string>& texts = {}) {
  const TemporaryFolder folder;
  folder.write("pyproject.toml", pyproject);
  for (const std::string& file : files) folder.write(file, "");
  for (const auto& [file, text] : texts) folder.write(file, text);
  const pypi::ProjectLayout layout = pypi::read_project_layout(folder.path());
  std::string text;
  for (const pypi::ProjectModule& module : layout.modules) text += module.name + "=" + module.path + " ";
  text += "in";
  for (const std::string& root : layout.roots) text += " " + (root.empty() ? "." : root);
  if (!layout.link_obstacle.empty()) text += "; no link: " + layout.link_obstacle;
  if (!layout.copy_obstacle.empty()) text += "; no copy: " + layout.copy_obstacle;
  return text;
}

}  // namespace

TEST_CASE("setuptools finds a project's modules in src, or right in its folder") {
  CHECK(layout_of(kProject, {"src/our_tool/__init__.py", "src/single.py", "tests/test_it.py"}) ==
        "our_tool=src/our_tool single.py=src/single.py in src");
  CHECK(layout_of(kProject, {"our_tool/__init__.py", "tests/__init__.py", "docs/conf.py", "setup.cfg"}) ==
        "our_tool=our_tool in .");
  CHECK(layout_of(kProject, {"only.py", "conftest.py"}) == "only.py=only.py in .");
  CHECK(layout_of(kProject, {"space/our_tool/__init__.py"}) == "space=space in .");
  CHECK_THAT(layout_of(kProject, {"a/__init__.py", "b/__init__.py"}), Contains("several folders") && Contains("a, b"));
  CHECK_THAT(layout_of(kProject, {"README.md"}), Contains("no package or module of it was found"));
}

TEST_CASE("setuptools' settings say where modules are") {
  const std::string tool = kProject + "[tool.setuptools]\n";
  CHECK(layout_of(tool + "packages = [\"a\", \"a.b\", \"c\"]\npackage-dir = {\"\" = \"lib\"}\n",
                  {"lib/a/__init__.py", "lib/a/b/__init__.py", "lib/c/__init__.py"}) == "a=lib/a c=lib/c in lib");
  CHECK(layout_of(tool + "py-modules = [\"one\"]\n", {"one.py", "two.py"}) == "one.py=one.py in .");
  CHECK(layout_of(tool + "packages = []\npy-modules = [\"one\"]\n", {"one.py", "a/__init__.py"}) ==
        "one.py=one.py in .");
  CHECK(layout_of(kProject + "[tool.setuptools.packages.find]\nwhere = [\"py\"]\nexclude = [\"x*\"]\n",
                  {"py/a/__init__.py", "py/x1/__init__.py"}) == "a=py/a in py");
  CHECK(layout_of(kProject, {"py/a/__init__.py"},
                  {{"setup.cfg",
                    "[options]\npackage_dir =\n  = py\npackages = find:\n[options.packages.find]\nwhere = py\n"}}) ==
        "a=py/a in py");
  CHECK_THAT(layout_of(tool + "packages = [\"a\"]\npackage-dir = {\"a\" = \"lib\"}\n", {"lib/__init__.py"}),
             Contains("a=lib") && Contains("no link: `a` lies in `lib`") && !Contains("no copy"));
  CHECK_THAT(layout_of(tool + "packages = [\"gone\"]\n", {}), Contains("`gone`, where it is not"));
  CHECK_THAT(layout_of(tool + "packages = [\"a\"]\npackage-dir = {\"\" = \"../x\"}\n", {"a/__init__.py"}),
             Contains("no link: ") && Contains("no copy: "));
}

TEST_CASE("patterns are those of shells, and none is slow") {
  for (const char* pattern : {"tests", "t*", "*s", "te?ts", "*", "t*e*s", "**tests**"}) {
    INFO(pattern);
    CHECK(pypi::matches_pattern("tests", pattern));
  }
  for (const char* pattern : {"", "test", "*a*", "tests?", "x*", "T*"})
    CHECK_FALSE(pypi::matches_pattern("tests", pattern));
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "*a";
  CHECK_FALSE(pypi::matches_pattern(std::string(5000, 'a'), stars + "b"));
}

TEST_CASE("code in setup.py is not passed over") {
  const std::vector<std::string> files = {"our_tool/__init__.py"};
  CHECK(layout_of(kProject, files, {{"setup.py", "# shim\nfrom setuptools import setup\n\nsetup()\n"}}) ==
        "our_tool=our_tool in .");
  CHECK_THAT(layout_of(kProject, files, {{"setup.py", "from setuptools import setup\nsetup(zip_safe=False)\n"}}),
             Contains("no copy: its setup.py holds code") && !Contains("no link"));
  CHECK_THAT(layout_of(kProject, files, {{"setup.py", "setup(ext_modules=[Extension('x', ['x.c'])])\n"}}),
             Contains("no link: its setup.py speaks of `ext_modules`"));
}

TEST_CASE("each backend has its own place for modules") {
  const std::string hatch = kProject + build_system("hatchling.build");
  CHECK(layout_of(hatch, {"src/our_tool/__init__.py", "other/__init__.py"}) == "our_tool=src/our_tool in src");
  CHECK(layout_of(hatch, {"space/our_tool/__init__.py"}) == "space/our_tool=space/our_tool in .");
  CHECK(layout_of(hatch + "[tool.hatch.build.targets.wheel]\npackages = [\"python/x\"]\n", {"python/x/y.py"}) ==
        "x=python/x in python");
  CHECK_THAT(layout_of(hatch + "[tool.hatch.build.hooks.vcs]\nversion-file = \"v.py\"\n", {"our_tool/__init__.py"}),
             Contains("no copy: its build has hooks") && !Contains("no link"));
  CHECK_THAT(layout_of(hatch + "[tool.hatch.build.hooks.custom]\n", {"our_tool/__init__.py"}), Contains("no link: "));
  const std::string flit = kProject + build_system("flit_core.buildapi");
  CHECK(layout_of(flit, {"our_tool.py"}) == "our_tool.py=our_tool.py in .");
  CHECK(layout_of(flit + "[tool.flit.module]\nname = \"a.b\"\n", {"src/a/b/__init__.py"}) == "a/b=src/a/b in src");
  const std::string poetry = kProject + build_system("poetry.core.masonry.api");
  CHECK(layout_of(poetry, {"our_tool/__init__.py"}) == "our_tool=our_tool in .");
  CHECK(layout_of(poetry + "[tool.poetry]\npackages = [{include = \"x\", from = \"lib\"}]\n", {"lib/x/__init__.py"}) ==
        "x=lib/x in lib");
  CHECK_THAT(layout_of(poetry + "[tool.poetry.build]\nscript = \"b.py\"\n", {"our_tool/__init__.py"}),
             Contains("no link: its build runs a script"));
  CHECK(layout_of(kProject + build_system("pdm.backend"), {"src/x/__init__.py", "src/y/__init__.py"}) ==
        "x=src/x y=src/y in src");
  CHECK(layout_of(kProject + build_system("uv_build"), {"src/our_tool/__init__.py"}) == "our_tool=src/our_tool in src");
  CHECK_THAT(layout_of(kProject + build_system("maturin"), {"our_tool/__init__.py"}),
             Contains("no link: its build backend is `maturin`") && Contains("no copy"));
  CHECK_THAT(layout_of(kProject + build_system("own") + "backend-path = [\".\"]\n", {"our_tool/__init__.py"}),
             Contains("a build backend of its own"));
}

TEST_CASE("a version that a known backend reads from a file is found there") {
  const auto version_of = [](const std::string& pyproject, const std::string& file, const std::string& text) {
    const TemporaryFolder folder;
    folder.write("pyproject.toml", "[project]\nname = \"x\"\ndynamic = [\"version\"]\n" + pyproject);
    folder.write(file, text);
    const pypi::FolderMetadata read = pypi::read_project_folder(folder.path());
    return read.version_known ? read.metadata.version : "unknown";
  };
  const std::string attribute = "[tool.setuptools.dynamic]\nversion = {attr = \"x.__version__\"}\n";
  CHECK(version_of(attribute, "src/x/__init__.py", "import os\n__version__ = '1.4'  # ours\n") == "1.4");
  CHECK(version_of(attribute, "x/__init__.py", "__version__: str = \"2.0\"\n") == "2.0");
  CHECK(version_of(attribute, "x/__init__.py", "__version__ = make()\n") == "unknown");
  CHECK(version_of(attribute, "x/__init__.py", "__version__ = '1'\n__version__ = '2'\n") == "unknown");
  CHECK(version_of("[tool.setuptools.dynamic]\nversion = {file = \"V\"}\n", "V", "3.1\n") == "3.1");
  CHECK(version_of(build_system("hatchling.build") + "[tool.hatch.version]\npath = \"x.py\"\n", "x.py",
                   "VERSION = \"v5\"\n") == "5");
  CHECK(version_of(build_system("flit_core.buildapi"), "x.py", "__version__ = '6'\n") == "6");
  CHECK(version_of(build_system("hatchling.build") + "[tool.hatch.version]\nsource = \"vcs\"\n", "x.py", "") ==
        "unknown");
}

TEST_CASE("scripts and entry points are read as an entry_points.txt") {
  const TemporaryFolder folder;
  folder.write("pyproject.toml", kProject +
                                     "[project.scripts]\nours = \"our_tool:main\"\n[project.entry-points.\"a.b\"]\n"
                                     "x = \"m:f\"\n");
  const pypi::FolderMetadata read = pypi::read_project_folder(folder.path());
  CHECK(read.entry_points == "[console_scripts]\nours = our_tool:main\n\n[a.b]\nx = m:f\n\n");
  CHECK(read.written_name == "Our.Tool");
  CHECK(read.metadata.name == "our-tool");
  folder.write("pyproject.toml", kProject + "[project.scripts]\nours = \"a:b\\n[console_scripts]\\nx = y:z\"\n");
  CHECK_THROWS_WITH(pypi::read_project_folder(folder.path()), Contains("does not say what the project needs"));
}
