#include <cstdlib>

#include "../../lib/lock/src/conda_lock_pip.h"
#include "../../lib/lock/src/spdx_license.h"
#include "envlock/lock/export.h"
#include "pip_fixtures.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/temporary_folder.h"

using namespace envlock_test;

namespace {

// The small lock with licenses of every kind, a file of another index, and one that was asked for by its place.
lock::Lock lock_to_export() {
  lock::PipInput input = pip_input();
  input.options.indexes.push_back("https://own.example/simple");
  std::vector<lock::PlatformSolution> all = pip_solutions();
  lock::LockedDistribution own = distribution("own-tool", "1.0+cu121", "py3-none-any", {"filelock"});
  own.index = "https://own.example/simple";
  own.url = "own-tool/" + own.file;
  own.license = "BSD 3-Clause";
  lock::LockedDistribution direct = distribution("direct", "2.0", "py3-none-any");
  direct.source = lock::LockedDistribution::Source::archive;
  direct.index.clear();
  direct.license = "(mit or Apache-2.0 with LLVM-exception) AND LicenseRef-Ours";
  for (lock::PlatformSolution& each : all) {
    each.distributions.push_back({own, {}});
    each.distributions.push_back({direct, {}});
    for (conda::PackageRecord& one : each.solution.records) {
      if (one.name == "python") one.license = "Python-2.0";
      if (one.name == "tzdata") one.license = "LicenseRef-Public-Domain";
      if (one.name == "setuptools") one.license.clear();
    }
  }
  input.lines.push_back(pip_line("own-tool ; sys_platform == \"linux\""));
  lock::PipLine line = pip_line("direct @ " + direct.url);
  line.kind = lock::PipLine::Kind::archive;
  input.lines.push_back(line);
  return pip_lock(input, all);
}

int check_files(const std::vector<std::string>& texts) {
  TemporaryFolder folder;
  std::string command = "python3 " + std::string(ENVLOCK_SOURCE_DIR) + "/tests/lock/check_exports.py";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    command += " " + folder.write("document" + std::to_string(i), texts[i]).string();
  }
  return std::system(command.c_str()) / 256;
}

std::string license(const std::string& text) {
  const auto expression = lock::parse_license(text);
  return expression ? (expression->single ? "one: " : "") + expression->text : "none";
}

}  // namespace

TEST_CASE("exports of a pip section are as the golden files show") {
  const lock::Lock lock = lock_to_export();
  core::Notes notes;
  CHECK(compare_with_golden("lock/requirements.txt", lock::format_requirements(lock, lock.platforms[0], &notes)) == "");
  CHECK(notes.all().empty());
  CHECK(compare_with_golden("lock/pylock.toml", lock::format_pylock(lock)) == "");
  CHECK(compare_with_golden("lock/conda-lock-pip.yml", lock::format_conda_lock(lock, nullptr)) == "");
  CHECK(compare_with_golden("lock/cyclonedx.json", lock::format_cyclonedx(lock)) == "");
  CHECK(compare_with_golden("lock/spdx.json", lock::format_spdx(lock)) == "");
}

TEST_CASE("bills of materials and pylock.toml hold together") {
  const lock::Lock lock = lock_to_export();
  CHECK(check_files({lock::format_cyclonedx(lock), lock::format_spdx(lock), lock::format_pylock(lock)}) == 0);
  const lock::Lock conda_alone = small_lock();
  CHECK(check_files({lock::format_cyclonedx(conda_alone), lock::format_spdx(conda_alone)}) == 0);
  CHECK(check_files({replaced(lock::format_spdx(lock), "SPDXRef-pypi-torch", "SPDXRef-pypi-tarch")}) == 1);
}

TEST_CASE("a lock without a pip section has no requirements and no pylock.toml") {
  const lock::Lock lock = small_lock();
  CHECK_THROWS_WITH(lock::format_requirements(lock, lock.platforms[0]), Catch::StartsWith("export-no-distributions: "));
  CHECK_THROWS_WITH(lock::format_pylock(lock), Catch::StartsWith("export-no-distributions: "));
}

TEST_CASE("what has no hash is left out of requirements, with a note") {
  lock::PipInput input = pip_input();
  std::vector<lock::PlatformSolution> all = pip_solutions();
  lock::LockedDistribution folder{.source = lock::LockedDistribution::Source::directory};
  folder.name = "ours";
  folder.version = "1.0";
  folder.url = "./ours";
  all[0].distributions.push_back({folder, {}});
  lock::PipLine line = pip_line("./ours");
  line.kind = lock::PipLine::Kind::directory;
  input.lines.push_back(line);
  const lock::Lock lock = pip_lock(input, all);
  core::Notes notes;
  const std::string text = lock::format_requirements(lock, lock.platforms[0], &notes);
  CHECK(text.find("# not here, as it has no hash that holds: ours 1.0 from ./ours\n") != std::string::npos);
  REQUIRE(notes.all().size() == 1);
  CHECK(notes.all()[0].diagnostic.code == "export-not-hashed");
  CHECK(lock::format_pylock(lock).find("directory = {path = \"./ours\"}") != std::string::npos);
  CHECK(check_files({lock::format_cyclonedx(lock), lock::format_spdx(lock), lock::format_pylock(lock)}) == 0);
}

TEST_CASE("license expressions are told from names") {
  CHECK(license("MIT") == "one: MIT");
  CHECK(license("bsd-3-clause") == "one: BSD-3-Clause");
  CHECK(license("GPL-2.0+") == "one: GPL-2.0+");
  CHECK(license("Apache-1.1+") == "Apache-1.1+");
  CHECK(license("MIT and (apache-2.0 OR lgpl-2.1-or-later with llvm-exception)") ==
        "MIT AND (Apache-2.0 OR LGPL-2.1-or-later WITH LLVM-exception)");
  CHECK(license("LicenseRef-Own-1.0 OR MIT") == "LicenseRef-Own-1.0 OR MIT");
  for (const char* name : {"", "BSD 3-Clause", "MIT OR", "(MIT", "MIT)", "Proprietary", "MIT WITH MIT", "LicenseRef-",
                           "LicenseRef-a_b", "MIT, BSD-3-Clause"}) {
    INFO(name);
    CHECK(license(name) == "none");
  }
  CHECK(license(std::string(100000, '(')) == "none");
}

TEST_CASE("lines of pip are read as conda-lock reads them") {
  const auto read = [](const std::string& line) {
    const auto each = lock::conda_lock_pip_dependency(line, "main");
    if (!each) return std::string("none");
    std::string text = each->name + " " + each->version;
    for (const std::string& extra : each->extras) text += " [" + extra + "]";
    if (each->markers) text += " ; " + *each->markers;
    if (each->hash) text += " " + *each->hash;
    if (each->url) text += each->url->url + " " + each->url->hash;
    if (each->repository) {
      text += each->repository->source + " " + each->repository->revision.value_or("-") + " " +
              each->repository->subdirectory.value_or("-");
    }
    return text;
  };
  CHECK(read("numpy >= 1.0 , <2") == "numpy <2,>=1.0");
  CHECK(read("A_b.c[Z,y]==1.0; python_version > '3.8'") == "a-b-c ==1.0 [Z] [y] ; python_version > '3.8'");
  CHECK(read("a") == "a *");
  CHECK(read("a===1.0") == "a ==1.0");
  CHECK(read("a (>=1)") == "a >=1");
  CHECK(read("a==1.0 --hash=sha256:abcd") == "a ==1.0 sha256:abcd");
  CHECK(read("x @ https://h.example/x-1-py3-none-any.whl#sha256=ab") ==
        "x https://h.example/x-1-py3-none-any.whl sha256:ab");
  CHECK(read("git+https://h.example/o/x.git@main") == "x https://h.example/o/x.git main -");
  CHECK(read("x @ git+https://h.example/o/x.git") == "x https://h.example/o/x - -");
  CHECK(read("x @ git+https://h.example/o/x.git@main#subdirectory=q") == "x https://h.example/o/x.git main q");
  CHECK(read("-e ./x") == "none");
  CHECK(read("./x") == "none");
}
