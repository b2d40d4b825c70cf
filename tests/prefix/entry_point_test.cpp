#include "envlock/core/diagnostic.h"
#include "envlock/prefix/manifest.h"
#include "support/catch.h"

using namespace envlock;
using prefix::EntryPoint;
using prefix::parse_entry_point;

TEST_CASE("an entry point is a command, a module and a function") {
  const EntryPoint tqdm{.command = "tqdm", .module = "tqdm.cli", .function = "main"};
  CHECK(parse_entry_point("tqdm = tqdm.cli:main") == tqdm);
  CHECK(parse_entry_point("tqdm=tqdm.cli:main") == tqdm);
  CHECK(parse_entry_point("  tqdm\t=  tqdm.cli : main \n") == tqdm);
  CHECK(parse_entry_point("tqdm = \"tqdm.cli:main\"") == tqdm);
  CHECK(parse_entry_point("tqdm = 'tqdm.cli:main'") == tqdm);
  CHECK(parse_entry_point("tqdm = tqdm.cli:main [extra,other]") == tqdm);
  CHECK(parse_entry_point("jupyter-lab = jupyterlab.labapp:LabApp.launch_instance") ==
        EntryPoint{.command = "jupyter-lab", .module = "jupyterlab.labapp", .function = "LabApp.launch_instance"});
  CHECK(parse_entry_point("..x = a:b").command == "..x");
}

TEST_CASE("an entry point that could write elsewhere or run something else is refused") {
  const std::string bad =
      GENERATE(as<std::string>{}, "", "=", "x", "x = y", "x = :f", "x = m:", " = m:f", "../x = m:f", "a/b = m:f",
               "/x = m:f", "a\\b = m:f", ". = m:f", ".. = m:f", "a\nb = m:f", "a\x1b = m:f", "x = m;import os:f",
               "x = m:f()", "x = m:f.", "x = .m:f", "x = m..n:f", "x = 1m:f", "x = m:f;g", "x = m n:f", "x = m:f g",
               "x = m:f]", "x = m:[a]", "x = m\nimport os:f", "x = m:f\nx", "x = \xc3\xa9:f",
               std::string("x\0y = m:f", 9), std::string(300, 'x') + " = m:f");
  CAPTURE(bad);
  try {
    parse_entry_point(bad);
    FAIL("was taken");
  } catch (const core::Error& error) {
    REQUIRE(error.diagnostics().size() == 1);
    CHECK(error.diagnostics().front().code == "entry-point-invalid");
    CHECK(error.diagnostics().front().what.find('\n') == std::string::npos);
    CHECK(error.diagnostics().front().what.find('\x1b') == std::string::npos);
  }
}
