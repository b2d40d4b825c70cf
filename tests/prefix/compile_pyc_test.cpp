// Noarch python packages: their places, entry points, and pyc files made by the environment's own python.
#include "../../lib/prefix/src/compile_pyc.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "../archive/make_archive.h"
#include "envlock/prefix/transaction.h"
#include "install_workshop.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::prefix;
using namespace envlock_test;
namespace fs = std::filesystem;

namespace {

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, got);
  pclose(pipe);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// "3.11" of this machine's python; "" without one.
std::string python_version() {
  return output_of("python3 -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])' 2>/dev/null");
}

/// A python package whose interpreter is this machine's.
WantedPackage make_python(Workshop& shop, const std::string& version) {
  const std::string executable = output_of("python3 -c 'import sys; print(sys.executable)'");
  return shop.make(
      {.name = "python",
       .version = version + ".0",
       .files = {
           {.path = "bin/python" + version, .bytes = "#!/bin/sh\nexec '" + executable + "' \"$@\"\n", .mode = 0755},
           {.path = "bin/python", .bytes = "", .link = "python" + version}}});
}

MadePackage modules() {
  MadePackage package{
      .name = "modules",
      .files = {{.path = "site-packages/mod/__init__.py", .bytes = "names = {'x', 'y', 'z'}\n"},
                {.path = "site-packages/mod/bad.py", .bytes = "def (:\n"},
                {.path = "site-packages/mod/latin.py", .bytes = "# -*- coding: latin-1 -*-\na = '\xe4'\n"},
                {.path = "site-packages/mod/data.txt", .bytes = "data"},
                {.path = "python-scripts/tool", .bytes = "#!python\n", .mode = 0755}},
      .depends = {"python"},
      .noarch = "python",
      .entry_points = {"say = mod:main"}};
  for (int i = 0; i < 70; ++i) {
    package.files.push_back({.path = "site-packages/mod/m" + std::to_string(i) + ".py",
                             .bytes = "def f" + std::to_string(i) + "(a): return a in {'p', 'q', 'r', a}\n"});
  }
  return package;
}

}  // namespace

TEST_CASE("noarch python packages lie where the python looks, compiled by it, always to the same bytes") {
  const std::string version = python_version();
  if (version.empty()) {
    std::cout << "skipped: no python3\n";
    return;
  }
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const Target target = target_of({shop.make(modules()), make_python(shop, version)});
  const InstallResult result = shop.install(prefix, target);
  const fs::path package = prefix / "lib" / ("python" + version) / "site-packages/mod";
  const std::string tag = ".cpython-" + version.substr(0, 1) + version.substr(2) + ".pyc";

  CHECK(result.compiled == 72);
  CHECK(result.not_compiled == std::vector<std::string>{"lib/python" + version + "/site-packages/mod/bad.py"});
  CHECK(read(package / "data.txt") == "data");
  CHECK(fs::exists(prefix / "bin/tool"));
  CHECK(read(prefix / "bin/say").find("from mod import main") != std::string::npos);
  CHECK((fs::status(prefix / "bin/say").permissions() & fs::perms::all) == fs::perms(0755));
  CHECK(fs::exists(package / "__pycache__" / ("latin" + tag)));
  CHECK_FALSE(fs::exists(package / "__pycache__" / ("bad" + tag)));
  // Hash-based and checked: python takes it whatever the times say, and not when the source is another.
  const std::string pyc = read(package / "__pycache__" / ("__init__" + tag));
  REQUIRE(pyc.size() > 16);
  CHECK(pyc.substr(4, 4) == std::string("\3\0\0\0", 4));
  CHECK(output_of("cd / && python3 -B -c 'import sys; sys.path.insert(0, \"" + package.parent_path().string() +
                  "\"); import mod; print(mod.__cached__, sorted(mod.names))'") ==
        (package / "__pycache__" / ("__init__" + tag)).string() + " ['x', 'y', 'z']");

  bool in_meta = false;
  for (const InstalledPackage& each : read_conda_meta(prefix).packages) {
    for (const InstalledPath& path : each.paths) {
      in_meta = in_meta || (path.type == InstalledType::pyc_file && path.sha256_in_prefix == core::sha256(pyc));
      CHECK(path.path.find("bad.cpython") == std::string::npos);
    }
  }
  CHECK(in_meta);

  const std::string want = listing(prefix, Times::shown);
  SECTION("on one thread") {
    fs::remove_all(prefix);
    InstallOptions options;
    options.threads = 1;
    shop.install(prefix, target, options);
    CHECK(listing(prefix, Times::shown) == want);
  }
  SECTION("and go as they came") {
    write(package / "__pycache__" / ("m1.cpython-" + version.substr(0, 1) + version.substr(2) + ".opt-2.pyc"), "");
    const InstallResult removal = shop.install(prefix, target_of({target.packages[1]}));
    CHECK(removal.kept_aside.empty());
    CHECK_FALSE(fs::exists(prefix / "lib"));
  }
  SECTION("and move with the python") {
    const WantedPackage other = shop.make({.name = "python",
                                           .version = "3.99.1",
                                           .files = {{.path = "bin/python3.99", .bytes = "no python", .mode = 0755}}});
    shop.install(prefix, target_of({target.packages[0], other}));
    CHECK(fs::exists(prefix / "lib/python3.99/site-packages/mod/__init__.py"));
    CHECK_FALSE(fs::exists(prefix / "lib" / ("python" + version)));
  }
}

TEST_CASE("a python that cannot be run is a note, and what it should have compiled is not there") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  std::string script;
  SECTION("no program at all") {
    script = "not a program";
  }
  SECTION("one that ends at once") {
    script = "#!/bin/sh\nexit 1\n";
  }
  SECTION("one that answers nonsense") {
    script = "#!/bin/sh\necho '\\377\\377\\377\\377nonsense'\n";
  }
  const WantedPackage python = shop.make(
      {.name = "python", .version = "3.11.0", .files = {{.path = "bin/python3.11", .bytes = script, .mode = 0755}}});
  const InstallResult result = shop.install(prefix, target_of({shop.make(modules()), python}));
  CHECK(result.compiled == 0);
  CHECK(result.not_compiled.empty());  // nobody looked at the sources
  REQUIRE(shop.notes.all().size() == 1);
  CHECK(shop.notes.all()[0].diagnostic.code == "pyc-not-compiled");
  CHECK(fs::exists(prefix / "lib/python3.11/site-packages/mod/__init__.py"));
  CHECK_FALSE(fs::exists(prefix / "lib/python3.11/site-packages/mod/__pycache__"));
}

TEST_CASE("a noarch python package without a python is refused") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  CHECK(code_of([&] { shop.install(prefix, target_of({shop.make(modules())})); }) == "no-python");
  CHECK_FALSE(fs::exists(prefix));
}

TEST_CASE("nothing is compiled when that is not wanted") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const WantedPackage python = shop.make(
      {.name = "python", .version = "3.11.0", .files = {{.path = "bin/python3.11", .bytes = "no", .mode = 0755}}});
  InstallOptions options;
  options.pyc = Pyc::none;
  const InstallResult result = shop.install(prefix, target_of({shop.make(modules()), python}), options);
  CHECK(result.compiled == 0);
  CHECK(result.not_compiled.empty());
  CHECK(shop.notes.all().empty());
}

TEST_CASE("the python is told to write nothing, and gets no variables of ours") {
  Workshop shop;
  const fs::path prefix = shop.folder() / "env";
  const std::string script = "#!/bin/sh\nfor word; do case $word in -*) printf '%s ' $word;; esac; done > '" +
                             (shop.folder() / "words").string() + "'\n/usr/bin/env > '" +
                             (shop.folder() / "variables").string() + "'\n";
  const WantedPackage python = shop.make(
      {.name = "python", .version = "3.11.0", .files = {{.path = "bin/python3.11", .bytes = script, .mode = 0755}}});
  setenv("PYTHONPATH", "/nowhere", 1);
  InstallOptions options;
  options.threads = 1;
  shop.install(prefix, target_of({shop.make(modules()), python}), options);
  unsetenv("PYTHONPATH");
  CHECK(read(shop.folder() / "words") == "-B -s -S -W -c ");
  const std::string variables = read(shop.folder() / "variables");
  CHECK(variables.find("PYTHONHASHSEED=0\n") != std::string::npos);
  CHECK(variables.find("PYTHONPATH") == std::string::npos);
  CHECK(variables.find("HOME") == std::string::npos);
}
