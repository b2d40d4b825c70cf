#include "envlock/prefix/layout.h"

#include <string>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::prefix;

namespace {

const Python kPython = python_of("3.12.7", "");
const EntryPoint kLab{.command = "jupyter-lab", .module = "jupyterlab.labapp", .function = "LabApp.launch_instance"};

const std::string kProgram = R"(# -*- coding: utf-8 -*-
import re
import sys

from jupyterlab.labapp import LabApp

if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\.pyw?|\.exe)?$', '', sys.argv[0])
    sys.exit(LabApp.launch_instance())
)";

std::string with_tabs(std::string text) {
  for (std::size_t at = 0; (at = text.find("    ", at)) != std::string::npos;) text.replace(at, 4, "\t");
  return text;
}
// So long that "#!PREFIX/bin/python3.12" has that many bytes.
std::string prefix_for_line(std::size_t bytes) {
  return "/" + std::string(bytes - 3 - 15, 'q');
}
std::string by_shell(const std::string& prefix) {
  return "#!/bin/sh\n'''exec' \"" + prefix + "/bin/python3.12\" \"$0\" \"$@\" #'''\n";
}

}  // namespace

TEST_CASE("a python is known by its version and where it says its modules are") {
  CHECK(kPython ==
        Python{.version = "3.12", .site_packages = "lib/python3.12/site-packages", .executable = "bin/python3.12"});
  CHECK(python_of("3.13.0rc2", "lib/python3.13t/site-packages") ==
        Python{.version = "3.13", .site_packages = "lib/python3.13t/site-packages", .executable = "bin/python3.13"});
  for (const char* version : {"", "3", "3.", "3.x", ".12", "3.12345", "a.b", "../..", "3/4.5"}) {
    CHECK_THROWS_AS(python_of(version, ""), core::Error);
  }
  for (const char* path : {"/usr/lib", "../x", "lib//x", "lib/./x"})
    CHECK_THROWS_AS(python_of("3.12", path), core::Error);
}

TEST_CASE("files of noarch python packages go where the python looks for them, others stay") {
  CHECK(target_path("site-packages/a/b.py", Noarch::python, kPython) == "lib/python3.12/site-packages/a/b.py");
  CHECK(target_path("python-scripts/x", Noarch::python, kPython) == "bin/x");
  CHECK(target_path("share/site-packages/x", Noarch::python, kPython) == "share/site-packages/x");
  CHECK(target_path("site-packages", Noarch::python, kPython) == "site-packages");
  CHECK(target_path("site-packages.x", Noarch::python, kPython) == "site-packages.x");
  CHECK(target_path("site-packages/a", Noarch::generic, kPython) == "site-packages/a");
  CHECK(target_path("site-packages/a", Noarch::none, std::nullopt) == "site-packages/a");
  CHECK(target_path("python-scripts/x", Noarch::python, std::nullopt) == "bin/x");
  try {
    target_path("site-packages/a.py", Noarch::python, std::nullopt);
    FAIL("was given a place");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().code == "no-python");
  }
}

TEST_CASE("an entry point's script is what conda, rattler and mamba write") {
  CHECK(entry_point_script(kLab, "/p", kPython, Dialect::conda) == "#!/p/bin/python3.12\n" + kProgram);
  CHECK(entry_point_script(kLab, "/p", kPython, Dialect::mamba) == "#!/p/bin/python3.12\n" + kProgram);
  CHECK(entry_point_script(kLab, "/p", kPython, Dialect::rattler) == "#!/p/bin/python3.12\n" + with_tabs(kProgram));
}

TEST_CASE("a path too long or with a space is started through the shell, with conda one byte earlier") {
  for (const Dialect dialect : {Dialect::conda, Dialect::rattler, Dialect::mamba}) {
    CAPTURE(static_cast<int>(dialect));
    const std::string program = dialect == Dialect::rattler ? with_tabs(kProgram) : kProgram;
    const auto script = [dialect](const std::string& prefix) {
      return entry_point_script(kLab, prefix, kPython, dialect);
    };
    CHECK(script("/my env") == by_shell("/my env") + program);
    const std::string fits = prefix_for_line(126), full = prefix_for_line(127), over = prefix_for_line(128);
    CHECK(script(fits) == "#!" + fits + "/bin/python3.12\n" + program);
    CHECK(script(full) == (dialect == Dialect::conda ? by_shell(full) : "#!" + full + "/bin/python3.12\n") + program);
    CHECK(script(over) == by_shell(over) + program);
  }
}

TEST_CASE("a script is recognized as some tool's, or not at all") {
  const std::string full = prefix_for_line(127);
  for (const std::string& prefix : {std::string("/p"), std::string("/my env"), full}) {
    for (const Dialect dialect : {Dialect::conda, Dialect::rattler, Dialect::mamba}) {
      const std::string script = entry_point_script(kLab, prefix, kPython, dialect);
      const auto match = matching_entry_point(script, kLab, prefix, kPython);
      REQUIRE(match);
      CHECK((*match == Dialect::rattler) == (dialect == Dialect::rattler));
      CHECK(!matching_entry_point(script + "\n", kLab, prefix, kPython));
      CHECK(!matching_entry_point("x" + script, kLab, prefix, kPython));
      CHECK(!matching_entry_point(script, kLab, "/q", kPython));
      CHECK(!matching_entry_point(script, kLab, prefix, python_of("3.11", "")));
      EntryPoint other = kLab;
      other.function = "main";
      CHECK(!matching_entry_point(script, other, prefix, kPython));
    }
  }
  CHECK(matching_entry_point("#!/usr/bin/env python\n" + kProgram, kLab, "/p", kPython) == Dialect::conda);
  CHECK(matching_entry_point("#!/usr/bin/env python3.12\n" + kProgram, kLab, "/p", kPython) == Dialect::conda);
  CHECK(!matching_entry_point("#!/usr/bin/env python3.11\n" + kProgram, kLab, "/p", kPython));
  CHECK(!matching_entry_point(kProgram, kLab, "/p", kPython));
  CHECK(!matching_entry_point("", kLab, "/p", kPython));
}

TEST_CASE("a compiled module lies beside its source, named after the python") {
  CHECK(pyc_path("lib/python3.12/site-packages/x/y.py", kPython) ==
        "lib/python3.12/site-packages/x/__pycache__/y.cpython-312.pyc");
  CHECK(pyc_path("y.py", kPython) == "__pycache__/y.cpython-312.pyc");
  CHECK(pyc_path("a/y.x.py", python_of("3.9.1", "")) == "a/__pycache__/y.x.cpython-39.pyc");
}
