#include "envlock/lock/import.h"

#include <algorithm>

#include "lock_fixtures.h"
#include "support/catch.h"
#include "support/shared_data.h"

using namespace envlock_test;

namespace {

using lock::Loosen;
using lock::Preference;

// "platform subdir/file version build" of each pick, then the codes of the notes.
std::vector<std::string> picks(const std::string& text, const std::string& file = "other.lock") {
  core::Notes notes;
  std::vector<std::string> result;
  for (const Preference& each : lock::parse_preferences(text, file, notes)) {
    result.push_back(each.platform + " " + (each.pypi ? "pypi" : each.subdir) + "/" + each.name + " " + each.version +
                     (each.version_is_prefix ? ".*" : "") + " " + each.build + (each.sha256 ? " sha256" : "") +
                     (each.md5 ? " md5" : ""));
  }
  for (const core::Note& note : notes.all()) result.push_back(note.diagnostic.code);
  return result;
}

std::string mistake(const std::string& text) {
  core::Notes notes;
  try {
    lock::parse_preferences(text, "other.lock", notes);
  } catch (const core::Error& error) {
    const core::Diagnostic& first = error.diagnostics().front();
    return first.code + ": " + first.what +
           (first.where ? " @" + std::to_string(first.where->line) + ":" + std::to_string(first.where->column) : "");
  }
  return "no error";
}

const std::string kMd5 = "d7c89558ba9fa0495403155b64376d81";
const std::string kSha = "fe51de6107f9edc7aa4f786a70f4a883943bc9d39b3bb7307c04c41410990726";
const std::string kUrl = "https://conda.anaconda.org/conda-forge/linux-64/zlib-1.3.1-hb9d3cd8_2.conda";

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("an @EXPLICIT file gives its picks, in every form of hash, path and comment") {
  CHECK(picks("# made by hand\n# platform: linux-64\n@EXPLICIT\n\n" + kUrl + "\n" + kUrl + "#" + kMd5 + "\n" + kUrl +
              "#" + kSha + "\r\n" + kUrl + "#sha256:" + kSha +
              "\n"
              "../pkgs/noarch/six-1.16.0-pyh6c4a22f_0.tar.bz2\n"
              "C:\\pkgs\\linux-64\\bzip2-1.0.8-h4bc722e_7.conda\n"
              "# pip wandb @ https://files.example/wandb.whl#sha256=00\n"
              "# pip w.b @ https://files.example/w_b-0.18.0-py3-none-any.whl#sha256=00\n") ==
        Lines{"linux-64 linux-64/zlib 1.3.1 hb9d3cd8_2", "linux-64 linux-64/zlib 1.3.1 hb9d3cd8_2 md5",
              "linux-64 linux-64/zlib 1.3.1 hb9d3cd8_2 sha256", "linux-64 noarch/six 1.16.0 pyh6c4a22f_0",
              "linux-64 linux-64/bzip2 1.0.8 h4bc722e_7", "linux-64 pypi/w-b 0.18.0 ", "like-pip"});
}

TEST_CASE("an @EXPLICIT file without a platform comment takes the one its packages share") {
  CHECK(picks("@EXPLICIT\n" + kUrl + "\nhttps://x.example/c/noarch/six-1.16.0-pyh6c4a22f_0.conda\n") ==
        Lines{"linux-64 linux-64/zlib 1.3.1 hb9d3cd8_2", "linux-64 noarch/six 1.16.0 pyh6c4a22f_0"});
  CHECK(picks("@EXPLICIT\n" + kUrl + "\nhttps://x.example/c/osx-64/six-1.16.0-0.conda\n")[0].starts_with(
      " linux-64/zlib"));
}

TEST_CASE("escapes in a URL are read, and what stands before the file name does not matter") {
  CHECK(picks("@EXPLICIT\nhttps://u:p@x.example/t/tk-1/${CHANNEL}/noarch/a-1%212.0-0.conda?x=1#" + kMd5 + "\n") ==
        Lines{" noarch/a 1!2.0 0 md5"});
}

TEST_CASE("mistakes in an @EXPLICIT file name their line and show no secret") {
  CHECK(mistake("@EXPLICIT\nhttps://u:hunter2@x.example/noarch/readme.txt\n") ==
        "like-invalid: this line names no conda package file: `https://***:***@x.example/noarch/readme.txt` @2:0");
  CHECK(mistake("@EXPLICIT\n" + kUrl + "#12345\n") == "like-invalid: `#12345` is no hash @2:0");
  CHECK(mistake("@EXPLICIT\nnoarch/..-1-..%2F..%2Fx.conda\n").starts_with("like-invalid"));
}

TEST_CASE("a conda-lock.yml gives each pick once, however many categories it is in") {
  const std::string head = "version: 1\nmetadata:\n  content_hash: {linux-64: abc}\npackage:\n";
  const auto entry = [](const std::string& manager, const std::string& category) {
    return "- name: zlib\n  version: '1.3.1'\n  manager: " + manager +
           "\n  platform: linux-64\n  dependencies: {}\n  url: " + kUrl + "\n  hash: {md5: " + kMd5 +
           ", sha256: " + kSha + "}\n  category: " + category + "\n  optional: false\n";
  };
  CHECK(picks(head + entry("conda", "main") + entry("conda", "dev") + entry("pip", "main")) ==
        Lines{"linux-64 linux-64/zlib 1.3.1 hb9d3cd8_2 sha256 md5", "linux-64 pypi/zlib 1.3.1 "});
  CHECK(picks(head.substr(11) + entry("conda", "main")).size() == 1);  // without a version
  CHECK(mistake("version: 9\nmetadata: {}\npackage: []\n") ==
        "like-invalid: this version of conda-lock's format is not known: 9 @1:10");
  CHECK(mistake("version: 1\npackage: []\n") == "like-invalid: `metadata` is missing @1:1");
  CHECK(mistake("metadata: text\npackage: []\n") == "like-invalid: `metadata` must be a map @1:11");
  CHECK(mistake("version: 1\nmetadata: {content_hash: {}}\n") == "like-invalid: `package` is missing @1:1");
  CHECK(mistake("metadata: {}\npackage: [1]\n") == "like-invalid: each package must be a map @2:11");
  CHECK(mistake(head + "- {name: zlib, manager: conda}\n") == "like-invalid: `url` is missing @5:3");
  CHECK(mistake(replaced(head + entry("conda", "main"), kSha, "abc")) ==
        "like-invalid: a sha256 has 64 hexadecimal digits @11:57");
}

TEST_CASE("a pixi.lock gives the picks of its default environment, from version 4 to 7") {
  const std::string packages_6 = "packages:\n- conda: " + kUrl + "\n  sha256: " + kSha + "\n  md5: " + kMd5 + "\n";
  const std::string environments =
      "environments:\n  test:\n    packages: {linux-64: []}\n  default:\n    channels: [{url: conda-forge}]\n"
      "    packages:\n      linux-64:\n      - conda: " +
      kUrl + "\n      - pypi: https://files.example/six.whl\n";
  CHECK(picks("version: 6\n" + environments + packages_6) ==
        Lines{"linux-64 linux-64/zlib 1.3.1 hb9d3cd8_2 sha256 md5", "like-environment", "like-pip"});
  CHECK(picks("version: 4\n" + environments +
              "packages:\n- kind: conda\n  name: zlib\n  version: 1.3.1\n  build: hb9d3cd8_2\n  url: " + kUrl +
              "\n  sha256: " + kSha + "\n- kind: pypi\n  name: six\n  url: https://files.example/six.whl\n")[0] ==
        "linux-64 linux-64/zlib 1.3.1 hb9d3cd8_2 sha256");
  const std::string named =
      "version: 7\nplatforms:\n- name: gpu\n  subdir: linux-64\n" +
      replaced(replaced(environments, "      linux-64:", "      gpu:"), "- pypi: https://files.example/six.whl",
               "- conda_source: \"six[12345678] @ ./six\"") +
      packages_6;
  CHECK(picks(named) == Lines{"linux-64 linux-64/zlib 1.3.1 hb9d3cd8_2 sha256 md5", "like-environment", "like-source"});
  CHECK(mistake("version: 8\n" + environments + packages_6) ==
        "like-invalid: this version of pixi.lock is not known: 8 @1:10");
  CHECK(mistake("version: 6\n" + environments + "packages: []\n") ==
        "like-invalid: this package is not one of `packages` @9:9");
}

TEST_CASE("an environment.yml full of pins gives its pins") {
  CHECK(picks("dependencies:\n  - zlib=1.3.1=hb9d3cd8_2\n  - python=3.12\n  - six==1.16\n  - scipy>=1\n  - pip:\n    - "
              "wandb\n    - Nlt.K==3.9\n") ==
        Lines{" pypi/nlt-k 3.9 ", " /zlib 1.3.1 hb9d3cd8_2", " /python 3.12.* ", " /six 1.16 ", "like-pip"});
  CHECK(picks("dependencies: [scipy]\n") == Lines{"like-no-pins"});
}

TEST_CASE("an envlock.lock gives its picks for every platform") {
  const Lines all = picks(lock::format(small_lock()));
  CHECK(all.size() == 12);
  CHECK(all[0] == "linux-64 linux-64/libblas 3.9.0 26_openblas sha256 md5");
}

TEST_CASE("a file of another kind is told so") {
  CHECK(mistake("name: x\n") == "like-unknown: `other.lock` is none of the files that hold picks");
  CHECK(mistake("") == "like-unknown: `other.lock` is none of the files that hold picks");
  CHECK(mistake("\xFF\xFE\xFF") == "like-unknown: `other.lock` is no text file");
  CHECK(mistake("a: [1, 2\nb: }").starts_with("like-invalid: this is no YAML"));
  CHECK(mistake(std::string(100000, '[')).starts_with("like-invalid: this is no YAML"));
  CHECK(mistake("a: &x [*x]\n").starts_with("like-invalid: this is no YAML"));
}

TEST_CASE("a preference is met by the same build in either archive format, and by the very file only if hashes agree") {
  const conda::PackageRecord numpy = record("numpy", "1.26.4", "py312_0", {});
  const Preference pick{
      .name = "numpy", .version = "1.26.4", .build = "py312_0", .file_name = numpy.file_name, .sha256 = numpy.sha256};
  CHECK(lock::matches(pick, numpy, Loosen::none));
  Preference other = pick;
  other.sha256 = core::sha256("other");
  CHECK_FALSE(lock::matches(other, numpy, Loosen::none));
  CHECK(lock::matches(other, numpy, Loosen::build));
  other.file_name = "numpy-1.26.4-py312_0.tar.bz2";
  CHECK(lock::matches(other, numpy, Loosen::none));
  other.build = "py311_0";
  CHECK_FALSE(lock::matches(other, numpy, Loosen::none));
  CHECK(lock::matches(other, numpy, Loosen::build));
  CHECK(lock::matches({.name = "numpy", .version = "1.26", .version_is_prefix = true}, numpy, Loosen::none));
  CHECK_FALSE(lock::matches({.name = "numpy", .version = "1.26"}, numpy, Loosen::build));
  CHECK(lock::matches({.name = "numpy", .version = "1.26.4.0"}, numpy, Loosen::none));
  CHECK_FALSE(lock::matches({.name = "numpy-base"}, numpy, Loosen::none));
}

// Counts taken with Python's yaml from the same files: distinct conda packages and pip packages, together.
TEST_CASE("real locks of other tools are read, or refused for the right reason") {
  const auto shared = shared_folder();
  if (!shared) {
    WARN("skipped: no shared data");
    return;
  }
  struct Case {
    const char* file;
    std::size_t count;
  };
  const auto want = GENERATE(values<Case>({
      {"conda-lock/01-ai+Yi__conda-lock.yml", 188},
      {"conda-lock/EricChen521+atm__conda-lock.yml", 414},
      {"conda-lock/FSadrieh+BERTchen__conda-lock.yml", 637},
      {"conda-lock/conda+conda-lock__environments__conda-lock-python-3.14.yaml", 965},
      {"conda-lock/konstantinjdobler+nlp-research-template__conda-lock.yml", 881},
      {"conda-lock/conda+conda-lock__example__zlib__conda-lock.yml", 13},
      {"explicit/GeoSense-Freiburg+DepthMap__conda-linux-64.lock", 199},
      {"explicit/conda+conda-libmamba-solver__tests__data__pangeo_ml_notebook.linux-64.lock", 629},
      {"explicit/conda+conda-libmamba-solver__tests__data__scipipe.osx-64.lock", 280},
      {"explicit/conda+conda__tests__env__support__explicit.txt", 2},
      {"pixi/6cyc6+gausstwin__pixi.lock", 402},
      {"pixi/conda+ceps__pixi.lock", 375},
      {"pixi/conda+rattler__pixi.lock", 220},
      {"pixi/prefix-dev+setup-pixi__test__auth__pixi.lock", 80},
      {"pixi/prefix-dev+setup-pixi__test__multiple-environments__pixi.lock", 123},
      {"pixi/prefix-dev+setup-pixi__test__pyproject-manifest__pixi.lock", 95},
  }));
  core::Notes notes;
  INFO(want.file);
  CHECK(lock::read_preferences(*shared / "data" / "locks" / want.file, notes).size() == want.count);
}

TEST_CASE("every real lock is read but for the three that are broken on purpose") {
  const auto shared = shared_folder();
  if (!shared) {
    WARN("skipped: no shared data");
    return;
  }
  std::vector<std::string> refused;
  std::size_t read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*shared / "data" / "locks")) {
    if (!entry.is_regular_file()) continue;
    core::Notes notes;
    try {
      read += lock::read_preferences(entry.path(), notes).empty() ? 0u : 1u;
    } catch (const core::Error& error) {
      refused.push_back(error.diagnostics().front().what);
    }
  }
  std::sort(refused.begin(), refused.end());
  CHECK(read == 47);
  CHECK(refused == Lines{"`metadata` is missing", "`metadata` must be a map", "`package` is missing"});
}
