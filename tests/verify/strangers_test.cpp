// Files that nobody owns, compiled files and what pip did.
#include <sys/stat.h>

#include "../prefix/wheel_fixtures.h"
#include "scene.h"
#include "support/catch.h"

using namespace envlock;
using envlock_test::find;
using envlock_test::has_line;
using envlock_test::kSite;
using envlock_test::Scene;
using envlock_test::told;
using Lines = std::vector<std::string>;

TEST_CASE("files that nobody owns are faults where something runs, loads or imports them") {
  Scene scene;
  scene.write_file(kSite + "evil.pth", "import evil\n");
  scene.write_file(kSite + "sitecustomize.py", "");
  scene.write_file("lib/python3.12/usercustomize.py", "");
  scene.write_file("pyvenv.cfg", "home = /elsewhere\n");
  scene.write_file(kSite + "stray.py", "");
  scene.write_file(kSite + "pure/extra.py", "");
  scene.write_file(kSite + "pure/native.so", "");
  scene.write_file("bin/stray", "");
  scene.write_file("lib/libstray.so.1", "");
  scene.write_file("lib/deep/er/plugin.so", "");
  scene.write_file("etc/conda/activate.d/x.sh", "");
  scene.write_file("etc/conda/env_vars.d/x.json", "{}");
  CHECK(told(scene.verify()) ==
        Lines{"fault stranger-program bin/stray", "fault stranger-activation etc/conda/activate.d/x.sh",
              "fault stranger-activation etc/conda/env_vars.d/x.json", "fault stranger-library lib/deep/er/plugin.so",
              "fault stranger-library lib/libstray.so.1", "fault stranger-startup " + kSite + "evil.pth",
              "fault stranger-module " + kSite + "pure/extra.py", "fault stranger-library " + kSite + "pure/native.so",
              "fault stranger-startup " + kSite + "sitecustomize.py", "fault stranger-module " + kSite + "stray.py",
              "fault stranger-startup lib/python3.12/usercustomize.py", "fault stranger-startup pyvenv.cfg"});
}

TEST_CASE("what an install kept aside is counted, and only what has such a name to its end") {
  Scene scene;
  scene.write_file("lib/libstray.so.1.envlock-kept-1", "");
  scene.write_file("bin/stray.envlock-kept-12", "");
  scene.write_file(kSite + "sitecustomize.py.envlock-kept-1", "");
  CHECK(told(scene.verify()).empty());
  scene.write_file("lib/x.envlock-kept-1.so", "");
  scene.write_file("bin/stray.envlock-kept-", "");
  CHECK(told(scene.verify()) ==
        Lines{"fault stranger-program bin/stray.envlock-kept-", "fault stranger-library lib/x.envlock-kept-1.so"});
}

TEST_CASE("a folder that nobody owns is one finding") {
  Scene scene;
  for (int i = 0; i < 20; ++i) scene.write_file(kSite + "evil/deep/" + std::to_string(i) + ".py", "");
  const verify::Verification verification = scene.verify();
  CHECK(told(verification) == Lines{"fault stranger-module " + kSite + "evil"});
  CHECK(find(verification, "stranger-module").count == 20);
}

TEST_CASE("files that nobody owns elsewhere are one note") {
  Scene scene;
  scene.write_file("share/doc/x", "");
  scene.write_file("var/log/y", "");
  scene.write_file("notes.txt", "");
  const verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{"note strangers-elsewhere"});
  CHECK(find(verification, "strangers-elsewhere").count == 3);
  CHECK(has_line(find(verification, "strangers-elsewhere"), "notes.txt, share/ 1, var/ 1"));
}

TEST_CASE("a claim in conda-meta makes no stranger a package's file") {
  Scene scene;
  scene.write_file(kSite + "evil.pth", "import evil\n");
  const std::string claim = "{\"_path\": \"" + kSite + "evil.pth\", \"path_type\": \"hardlink\", \"sha256\": \"" +
                            core::format(core::sha256("import evil\n")) + "\"}, ";
  std::string meta = scene.text(scene.meta("pure"));
  const std::size_t at = meta.find("\"_path\"");
  const std::size_t object = meta.rfind('{', at);
  meta.insert(object, claim);
  scene.write_file(scene.meta("pure"), meta);
  CHECK(told(scene.verify()) == Lines{"fault stranger-startup " + kSite + "evil.pth"});
}

TEST_CASE("a symlink into the prefix does not hide a module") {
  Scene scene;
  std::filesystem::rename(scene.prefix / kSite / "pure", scene.prefix / "share/pure");
  std::filesystem::create_directory_symlink("../../../share/pure", scene.prefix / kSite / "pure");
  scene.write_file("share/pure/evil.py", "");
  CHECK(told(scene.verify()) == Lines{"fault stranger-module " + kSite + "pure"});
}

namespace {

std::string words(std::uint32_t first, std::uint32_t second) {
  std::string bytes;
  for (const std::uint32_t word : {first, second}) {
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(word >> (8 * i));
  }
  return bytes;
}

/// Of python 3.12.
std::string pyc(std::uint32_t flags, const std::string& check) {
  return std::string("\xcb\x0d\x0d\x0a", 4) + words(flags, 0).substr(0, 4) + check + "code";
}

std::string source_stamp(const std::filesystem::path& source) {
  struct stat status {};
  stat(source.c_str(), &status);
  return words(static_cast<std::uint32_t>(status.st_mtim.tv_sec), static_cast<std::uint32_t>(status.st_size));
}

}  // namespace

TEST_CASE("compiled files are held against their sources") {
  Scene scene;
  const std::string cached = kSite + "pure/__pycache__/__init__.cpython-312.pyc";
  const std::filesystem::path source = scene.prefix / kSite / "pure/__init__.py";
  // The hash of "x = 1\n" with 3.12's magic number as key.
  const std::string hash("\x15\x22\x56\x19\x17\xf5\xdf\x08", 8);
  SECTION("by time and size") {
    scene.write_file(cached, pyc(0, source_stamp(source)));
    const verify::Verification verification = scene.verify();
    CHECK(told(verification, true) == Lines{});
    CHECK(verification.tally.unproved_pyc == 1);
    CHECK(verify::answer(verification, false) == verify::Answer::yes);
  }
  SECTION("by another time, so that python compiles anew") {
    scene.write_file(cached, pyc(0, words(1, 6)));
    const verify::Verification verification = scene.verify();
    CHECK(told(verification, true) == Lines{"note pyc-stale"});
    CHECK(verification.tally.unproved_pyc == 0);
  }
  SECTION("by hash, which python does not look at") {
    scene.write_file(cached, pyc(1, hash));
    const verify::Verification verification = scene.verify();
    CHECK(told(verification, true) == Lines{});
    CHECK(verification.tally.unproved_pyc == 1);
  }
  SECTION("by another hash, which python looks at") {
    scene.write_file(cached, pyc(3, std::string(8, 'h')));
    CHECK(told(scene.verify(), true) == Lines{"note pyc-stale"});
  }
  SECTION("by another hash, which python does not look at") {
    scene.write_file(cached, pyc(1, std::string(8, 'h')));
    CHECK(told(scene.verify(), true) == Lines{"fault pyc-unchecked " + cached});
    scene.options.depth = verify::Depth::quick;
    CHECK(told(scene.verify(), true) == Lines{"fault pyc-unchecked " + cached});
  }
  SECTION("that conda-meta lists, of a package that should not be there") {
    scene.write_file(cached, pyc(1, std::string(8, 'h')));
    const std::string claim = "{\"_path\": \"" + cached + "\", \"path_type\": \"hardlink\", \"sha256\": \"" +
                              core::format(core::sha256(scene.text(cached))) + "\"}, ";
    std::string meta = scene.text(scene.meta("pure"));
    meta.insert(meta.rfind('{', meta.find("\"_path\"")), claim);
    scene.write_file(scene.meta("pure"), meta);
    scene.expected.packages.erase(scene.expected.packages.begin());
    CHECK(told(scene.verify()) == Lines{"fault package-extra pure", "fault pyc-unchecked " + cached});
  }
  SECTION("of another python, or without a source in __pycache__") {
    scene.write_file(kSite + "pure/__pycache__/__init__.cpython-311.pyc", "x");
    scene.write_file(kSite + "pure/__pycache__/gone.cpython-312.pyc", "x");
    const verify::Verification verification = scene.verify();
    CHECK(told(verification, true) == Lines{});
    CHECK(verification.tally.unproved_pyc == 0);
    CHECK(verification.tally.checked_pyc == 2);
  }
  SECTION("without a source, where python needs none") {
    scene.write_file(kSite + "pure/evil.pyc", "x");
    CHECK(told(scene.verify(), true) == Lines{"fault pyc-without-source " + kSite + "pure/evil.pyc"});
  }
  SECTION("what is no compiled file has no place in __pycache__") {
    scene.write_file(kSite + "pure/__pycache__/evil.py", "x");
    CHECK(told(scene.verify()) == Lines{"fault stranger-module " + kSite + "pure/__pycache__"});
  }
}

namespace {

/// As pip leaves it.
void pip_install(Scene& scene, const std::string& name, const std::string& version,
                 const std::vector<std::pair<std::string, std::string>>& files, const std::string& extra = "") {
  std::string record;
  for (const auto& [path, bytes] : files) {
    scene.write_file(kSite + path, bytes);
    record += prefix::format_record({prefix::record_line(path, bytes)});
  }
  const std::string info = name + "-" + version + ".dist-info";
  scene.write_file(kSite + info + "/METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n");
  scene.write_file(kSite + info + "/INSTALLER", "pip\n");
  scene.write_file(kSite + info + "/RECORD",
                   record + info + "/METADATA,,\n" + info + "/INSTALLER,,\n" + info + "/RECORD,,\n");
  if (!extra.empty()) scene.write_file(kSite + info + "/direct_url.json", extra);
}

}  // namespace

TEST_CASE("what pip put in beside the lock is one finding a distribution") {
  Scene scene;
  pip_install(scene, "wandb", "0.16", {{"wandb/__init__.py", "w = 1\n"}, {"wandb/x.py", ""}});
  CHECK(told(scene.verify()) == Lines{"fault distribution-extra wandb " + kSite + "wandb-0.16.dist-info"});

  SECTION("the lock may have it") {
    scene.expected.pip_names = {"wandb"};
    const verify::Verification verification = scene.verify();
    CHECK(told(verification) == Lines{});
    CHECK(verification.weak_packages() == 1);
    CHECK(verification.packages.back().kind == verify::PackageKind::pypi);
  }
  SECTION("its files are held against its RECORD") {
    scene.expected.pip_names = {"wandb"};
    scene.write_file(kSite + "wandb/__init__.py", "w = 2\n");
    std::filesystem::remove(scene.prefix / kSite / "wandb/x.py");
    CHECK(told(scene.verify()) == Lines{"fault distribution-file-differs wandb " + kSite + "wandb/__init__.py",
                                        "fault distribution-file-missing wandb " + kSite + "wandb/x.py"});
  }
  SECTION("a file that no RECORD lists is a stranger") {
    scene.expected.pip_names = {"wandb"};
    scene.write_file(kSite + "wandb/more.py", "");
    CHECK(told(scene.verify()) == Lines{"fault stranger-module " + kSite + "wandb/more.py"});
  }
}

TEST_CASE("a distribution of the lock that is not there is missing") {
  Scene scene;
  scene.expected.pip_names = {"wandb"};
  CHECK(told(scene.verify()) == Lines{"fault distribution-missing wandb"});
}

TEST_CASE("an editable install is named") {
  Scene scene;
  scene.expected.pip_names = {"mine"};
  pip_install(scene, "mine", "1.0", {{"__editable__.mine-1.0.pth", "/home/me/mine\n"}},
              "{\"dir_info\": {\"editable\": true}, \"url\": \"file:///home/me/mine\"}");
  const verify::Verification verification = scene.verify();
  CHECK(told(verification) == Lines{"fault distribution-editable mine " + kSite + "mine-1.0.dist-info"});
  CHECK(has_line(find(verification, "distribution-editable"), "file:///home/me/mine"));
}

TEST_CASE("pip install --upgrade over a conda package is named as such") {
  Scene scene;
  std::filesystem::remove_all(scene.prefix / kSite / "pure-0.5.dist-info");
  pip_install(scene, "pure", "0.6", {{"pure/__init__.py", "x = 2\n"}, {"pure/new.py", ""}});
  const verify::Verification verification = scene.verify();
  CHECK(told(verification) == Lines{"fault distribution-replaces-conda pure " + kSite + "pure-0.6.dist-info"});
  const verify::Finding& finding = find(verification, "distribution-replaces-conda");
  CHECK(finding.diagnostic.what == "pip put pure 0.6 in place of conda's package `pure`");
  CHECK(has_line(finding, "1 file written over: `" + kSite + "pure/__init__.py`"));
  CHECK(has_line(finding, "3 files removed"));
}

TEST_CASE("with the lock's wheel at hand a distribution's proof is strong") {
  Scene scene;
  const envlock_test::TemporaryFolder folder;
  envlock_test::WheelMaker maker("wandb", "0.16");
  maker.add("wandb/__init__.py", "w = 1\n");
  maker.add(maker.info("entry_points.txt"), "[console_scripts]\nwandb = wandb.cli:main\n");
  const prefix::WantedWheel wheel = maker.write(folder);
  for (const prefix::WheelFile& file :
       prefix::wheel_files(wheel, scene.prefix.string(), prefix::python_of("3.12.7", ""))) {
    scene.write_file(file.target, file.bytes);
    std::filesystem::permissions(scene.prefix / file.target, std::filesystem::perms(file.mode));
  }
  scene.expected.wheels = {{.name = "wandb", .version = "0.16", .sha256 = wheel.sha256}};
  scene.options.archives[wheel.sha256] = wheel.file;
  verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{});
  CHECK(verification.packages.back().proof == verify::Proof::archive);

  SECTION("pip may have been started by another of python's names") {
    scene.replace("bin/wandb", "python3.12", "python");
    CHECK(told(scene.verify(), true) == Lines{});
  }
  SECTION("an edited file is found although its RECORD was edited likewise") {
    const std::string record = kSite + "wandb-0.16.dist-info/RECORD";
    const std::string old_line = prefix::format_record({prefix::record_line("wandb/__init__.py", "w = 1\n")});
    const std::string new_line = prefix::format_record({prefix::record_line("wandb/__init__.py", "w = 2\n")});
    scene.replace(record, old_line, new_line);
    scene.write_file(kSite + "wandb/__init__.py", "w = 2\n");
    CHECK(told(scene.verify()) == Lines{"fault distribution-file-differs wandb " + kSite + "wandb/__init__.py"});
    scene.options.archives.erase(wheel.sha256);
    CHECK(told(scene.verify()) == Lines{});
  }
  SECTION("another version is not the lock's") {
    scene.expected.wheels[0].version = "0.17";
    scene.options.archives.erase(wheel.sha256);
    CHECK(told(scene.verify()) == Lines{"fault distribution-differs wandb " + kSite + "wandb-0.16.dist-info"});
  }
}
