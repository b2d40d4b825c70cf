// The whole of verify(), on an environment that was installed from its lock.
#include <sys/stat.h>

#include "envlock/prefix/package_root.h"
#include "scene.h"
#include "support/catch.h"

using namespace envlock;
using envlock_test::find;
using envlock_test::has_line;
using envlock_test::kSite;
using envlock_test::Scene;
using envlock_test::told;
using Lines = std::vector<std::string>;

TEST_CASE("an environment as it was installed is verified, and every proof is strong") {
  const Scene scene;
  const verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{});
  CHECK(verify::answer(verification, false) == verify::Answer::yes);
  REQUIRE(verification.packages.size() == 3);
  for (const verify::PackageVerdict& package : verification.packages) {
    CHECK(package.proof == verify::Proof::archive);
    CHECK(package.archive == scene.archive_of(package.name).string());
    CHECK(package.weak_reason == "");
  }
  CHECK(verification.packages[2].dialects == Lines{"conda"});
  CHECK(verification.tally.archives == 3);
  CHECK(verification.tally.files > 8);
}

TEST_CASE("one flipped bit is found, with its place and both hashes") {
  Scene scene;
  scene.replace("lib/libplain.so", "plain", "pl!in");
  const verify::Verification verification = scene.verify();
  CHECK(told(verification) == Lines{"fault file-differs tool lib/libplain.so"});
  const verify::Finding& finding = find(verification, "file-differs");
  CHECK(has_line(finding, "the first difference is at byte 7"));
  CHECK(has_line(finding, "want sha256 " + core::format(core::sha256("\x7f"
                                                                     "ELF plain code"))));
  CHECK(finding.diagnostic.hints == Lines{"`envlock install train.lock --repair` puts it back"});
  CHECK(verify::answer(verification, true) == verify::Answer::no);
}

TEST_CASE("a changed file with a placeholder is found, text or binary") {
  Scene scene;
  scene.replace("bin/tool", "print", "prInt");
  scene.replace("lib/libtool.so.2", "more", "m0re");
  const verify::Verification verification = scene.verify();
  CHECK(told(verification) == Lines{"fault file-differs tool bin/tool", "fault file-differs tool lib/libtool.so.2"});
  CHECK(has_line(find(verification, "file-differs"), "the first difference is at byte"));
}

TEST_CASE("an edited conda-meta with the matching hash fools nobody who has the archive") {
  Scene scene;
  const std::string old_hash = core::format(core::sha256(scene.text("lib/libplain.so")));
  scene.replace("lib/libplain.so", "plain", "PLAIN");
  const std::string new_hash = core::format(core::sha256(scene.text("lib/libplain.so")));
  std::string meta = scene.text(scene.meta("tool"));
  for (std::size_t at = meta.find(old_hash); at != std::string::npos; at = meta.find(old_hash)) {
    meta.replace(at, old_hash.size(), new_hash);
  }
  scene.write_file(scene.meta("tool"), meta);
  CHECK(told(scene.verify()) == Lines{"fault file-differs tool lib/libplain.so"});

  SECTION("without the archive the proof is weak, and says so") {
    scene.forget("tool");
    const verify::Verification verification = scene.verify();
    CHECK(told(verification) == Lines{});
    CHECK(verification.weak_packages() == 1);
    CHECK(verification.packages[2].proof == verify::Proof::record);
    CHECK(verification.packages[2].weak_reason.find("no archive tool-2.1-0.conda with SHA-256 ") == 0);
    CHECK(verify::answer(verification, false) == verify::Answer::unknown);
    CHECK(verify::answer(verification, true) == verify::Answer::yes);
  }
}

TEST_CASE("conda-meta that lies about files that are right is a note") {
  Scene scene;
  const std::string hash = core::format(core::sha256(scene.text("share/tool/data.txt")));
  std::string meta = scene.text(scene.meta("tool"));
  meta.replace(meta.find(hash), hash.size(), std::string(64, 'a'));
  scene.write_file(scene.meta("tool"), meta);
  const verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{"note conda-meta-differs tool " + scene.meta("tool")});
  CHECK(verify::answer(verification, false) == verify::Answer::yes);
}

TEST_CASE("missing files, other kinds, targets and modes are told apart") {
  Scene scene;
  namespace fs = std::filesystem;
  SECTION("missing") {
    fs::remove(scene.prefix / "share/tool/data.txt");
    CHECK(told(scene.verify()) == Lines{"fault file-missing tool share/tool/data.txt"});
  }
  SECTION("a folder in a file's place") {
    fs::remove(scene.prefix / "share/tool/data.txt");
    fs::create_directory(scene.prefix / "share/tool/data.txt");
    CHECK(told(scene.verify()) == Lines{"fault file-type-differs tool share/tool/data.txt"});
  }
  SECTION("a symlink in a file's place, although the bytes are the same") {
    fs::rename(scene.prefix / "lib/libplain.so", scene.folder() / "libplain.so");
    fs::create_symlink(scene.folder() / "libplain.so", scene.prefix / "lib/libplain.so");
    CHECK(told(scene.verify()) == Lines{"fault file-type-differs tool lib/libplain.so"});
  }
  SECTION("a symlink that points elsewhere") {
    fs::remove(scene.prefix / "lib/libtool.so");
    fs::create_symlink("libplain.so", scene.prefix / "lib/libtool.so");
    const verify::Verification verification = scene.verify();
    CHECK(told(verification) == Lines{"fault link-differs tool lib/libtool.so"});
    CHECK(has_line(find(verification, "link-differs"), "have `libplain.so`"));
  }
  SECTION("not to be executed any more") {
    chmod((scene.prefix / "bin/tool").c_str(), 0644);
    const verify::Verification verification = scene.verify();
    CHECK(told(verification) == Lines{"fault file-mode-differs tool bin/tool"});
    CHECK(has_line(find(verification, "file-mode-differs"), "have mode 0644"));
  }
  SECTION("writable by everybody") {
    chmod((scene.prefix / "lib/libplain.so").c_str(), 0666);
    CHECK(told(scene.verify()) == Lines{"fault file-mode-differs tool lib/libplain.so"});
  }
  SECTION("set-user-id") {
    chmod((scene.prefix / "bin/tool").c_str(), 04755);
    CHECK(told(scene.verify()) == Lines{"fault file-mode-differs tool bin/tool"});
  }
  SECTION("writable by the group is an umask's doing") {
    chmod((scene.prefix / "lib/libplain.so").c_str(), 0664);
    CHECK(told(scene.verify(), true) == Lines{"note file-mode-loose"});
  }
  SECTION("a changed entry point") {
    scene.replace("bin/pure", "import main", "import evil");
    CHECK(told(scene.verify()) == Lines{"fault file-differs pure bin/pure"});
  }
}

TEST_CASE("a file that cannot be read leaves the question open") {
  if (geteuid() == 0) {
    WARN("skipped: root reads everything");
    return;
  }
  Scene scene;
  chmod((scene.prefix / "lib/libplain.so").c_str(), 0);
  const verify::Verification verification = scene.verify();
  CHECK(told(verification).front() == "unknown file-not-read tool lib/libplain.so");
}

TEST_CASE("a pipe in a file's place is not waited for") {
  Scene scene;
  std::filesystem::remove(scene.prefix / "lib/libplain.so");
  REQUIRE(mkfifo((scene.prefix / "lib/libplain.so").c_str(), 0644) == 0);
  CHECK(told(scene.verify()) == Lines{"fault file-type-differs tool lib/libplain.so"});
}

TEST_CASE("packages that are missing, too many or others are found") {
  Scene scene;
  SECTION("missing in conda-meta, its files still there") {
    std::filesystem::remove(scene.prefix / scene.meta("tool"));
    const verify::Verification verification = scene.verify();
    CHECK(told(verification) == Lines{"fault package-not-installed tool"});
    CHECK(has_line(find(verification, "package-not-installed"), "5 of its 5 files are there"));
  }
  SECTION("too many") {
    scene.expected.packages.pop_back();
    const verify::Verification verification = scene.verify();
    CHECK(told(verification) == Lines{"fault package-extra tool"});
  }
  SECTION("another version") {
    scene.replace(scene.meta("tool"), "\"version\": \"2.1\"", "\"version\": \"2.0\"");
    std::filesystem::rename(scene.prefix / scene.meta("tool"), scene.prefix / "conda-meta/tool-2.0-0.json");
    const verify::Verification verification = scene.verify();
    CHECK(told(verification) == Lines{"fault package-differs tool"});
    CHECK(has_line(find(verification, "package-differs"), "have tool 2.0 0, says conda-meta/"));
  }
  SECTION("another file of the same version") {
    const std::string hash = core::format(*scene.expected.packages[2].sha256);
    scene.replace(scene.meta("tool"), hash, std::string(64, 'b'));
    CHECK(told(scene.verify()) == Lines{"fault package-hash-differs tool"});
  }
  SECTION("another channel, the same file: a mirror") {
    scene.replace(scene.meta("tool"), "example.invalid/channel", "mirror.invalid/channel");
    const verify::Verification verification = scene.verify();
    CHECK(told(verification, true) == Lines{"note package-channel-differs tool"});
  }
  SECTION("twice") {
    scene.write_file("conda-meta/tool-1.0-0.json", scene.text(scene.meta("tool")));
    scene.replace("conda-meta/tool-1.0-0.json", "\"version\": \"2.1\"", "\"version\": \"1.0\"");
    CHECK(find(scene.verify(), "package-twice").package == "tool");
  }
  SECTION("conda-meta that is no JSON") {
    scene.write_file(scene.meta("tool"), "{\"name\": ");
    const Lines lines = told(scene.verify());
    CHECK(std::count(lines.begin(), lines.end(), "fault package-not-installed tool") == 1);
    CHECK(std::count_if(lines.begin(), lines.end(),
                        [](const std::string& line) { return line.find("fault conda-meta-invalid") == 0; }) == 1);
  }
}

TEST_CASE("an archive with another hash is no evidence, whatever its name") {
  Scene scene;
  scene.forget("tool");
  const std::filesystem::path folder = scene.folder() / "pkgs";
  scene.options.archive_folders = {folder};
  std::filesystem::create_directories(folder);
  std::filesystem::copy(scene.archive_of("pure"), folder / "tool-2.1-0.conda");
  verify::Verification verification = scene.verify();
  CHECK(verification.packages[2].proof == verify::Proof::record);
  CHECK(verification.packages[2].weak_reason.find("does not have SHA-256") != std::string::npos);

  std::filesystem::remove(folder / "tool-2.1-0.conda");
  std::filesystem::copy(scene.archive_of("tool"), folder / "tool-2.1-0.conda");
  verification = scene.verify();
  CHECK(verification.packages[2].proof == verify::Proof::archive);
}

TEST_CASE("a poisoned unpacked package beside the archives is never looked at") {
  Scene scene;
  const std::filesystem::path folder = scene.folder() / "pkgs";
  scene.options.archive_folders = {folder};
  scene.forget("tool");
  envlock_test::write(folder / "tool-2.1-0" / "info" / "paths.json", "{\"paths\": [], \"paths_version\": 1}");
  std::filesystem::create_directories(folder / "tool-2.1-0.conda");
  CHECK(scene.verify().packages[2].proof == verify::Proof::record);
}

TEST_CASE("a prefix that was copied elsewhere is one finding, and none when that is said") {
  Scene scene;
  const std::filesystem::path old = scene.prefix;
  scene.prefix = scene.folder() / "copy";
  std::filesystem::copy(old, scene.prefix,
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  std::filesystem::remove_all(old);
  verify::Verification verification = scene.verify();
  CHECK(told(verification) == Lines{"fault prefix-moved bin/pure"});
  CHECK(find(verification, "prefix-moved").count == 3);
  scene.options.installed_at = old.string();
  CHECK(told(scene.verify(), true) == Lines{});
}

TEST_CASE("a prefix reached by a symlink is the same prefix") {
  Scene scene;
  std::filesystem::create_directory_symlink(scene.prefix, scene.folder() / "alias");
  scene.prefix = scene.folder() / "alias";
  CHECK(told(scene.verify(), true) == Lines{});
}

TEST_CASE("an accepted root stands in for an archive, and one that is not accepted does not") {
  Scene scene;
  scene.forget_all();
  const auto installed = prefix::read_conda_meta(scene.prefix);
  for (const prefix::InstalledPackage& package : installed.packages) {
    const auto root = prefix::package_root(scene.prefix, package, prefix::python_of(installed.packages));
    scene.options.accepted_roots[conda::stem(package.record)] = {root.root};
  }
  verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{});
  CHECK(verification.weak_packages() == 0);
  CHECK(verify::answer(verification, false) == verify::Answer::yes);
  CHECK(verification.packages[0].proof == verify::Proof::accepted);

  scene.replace("lib/libplain.so", "plain", "PLAIN");
  verification = scene.verify();
  CHECK(told(verification) == Lines{"unknown root-not-accepted tool", "fault file-differs tool lib/libplain.so"});
}

TEST_CASE("what verify says does not depend on the number of threads") {
  Scene scene;
  scene.replace("lib/libplain.so", "plain", "PLAIN");
  scene.replace("bin/tool", "print", "prInt");
  scene.write_file(kSite + "evil.pth", "import evil\n");
  scene.write_file("bin/stray", "x");
  scene.options.threads = 1;
  const verify::Verification one = scene.verify();
  scene.options.threads = 8;
  const verify::Verification eight = scene.verify();
  CHECK(one.findings == eight.findings);
  CHECK(one.packages == eight.packages);
  CHECK(told(one).size() == 4);
}

TEST_CASE("without a lock a prefix is held against its own records") {
  Scene scene;
  scene.against_lock = false;
  verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{});
  CHECK(verification.weak_packages() == 0);
  scene.forget_all();
  verification = scene.verify();
  CHECK(told(verification, true) == Lines{});
  CHECK(verification.weak_packages() == 3);
  CHECK(verify::answer(verification, false) == verify::Answer::yes);
  scene.replace("bin/tool", "print", "prInt");
  CHECK(told(scene.verify()) == Lines{"fault file-differs tool bin/tool"});
}

TEST_CASE("a compiled file that conda-meta lists need not be there, nor have the listed hash") {
  Scene scene;
  scene.forget("pure");
  const std::string claim = "{\"_path\": \"" + kSite +
                            "pure/__pycache__/__init__.cpython-312.pyc\", \"path_type\": \"pyc_file\", \"sha256\": \"" +
                            std::string(64, 'd') + "\"}, ";
  std::string meta = scene.text(scene.meta("pure"));
  meta.insert(meta.rfind('{', meta.find("\"_path\"")), claim);
  scene.write_file(scene.meta("pure"), meta);
  CHECK(told(scene.verify()) == Lines{});
}

TEST_CASE("what is no environment is refused") {
  Scene scene;
  scene.prefix = scene.folder() / "nothing";
  CHECK(envlock_test::code_of([&] { scene.verify(); }) == "no-environment");
}
