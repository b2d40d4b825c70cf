// Two packages with one path, packages with link scripts, and hostile ones.
#include "../archive/make_archive.h"
#include "scene.h"
#include "support/catch.h"

using namespace envlock;
using envlock_test::find;
using envlock_test::has_line;
using envlock_test::MadePackage;
using envlock_test::Scene;
using envlock_test::told;
using Lines = std::vector<std::string>;

namespace {

/// Puts packages into the lock and the prefix, as far as conda-meta goes; their files are the test's to write.
void add(Scene& scene, const MadePackage& made) {
  const prefix::WantedPackage package = scene.make(made);
  scene.expected.packages.push_back(package.record);
  scene.options.archives[*package.record.sha256] =
      scene.folder() / "archives" / (core::format(*package.record.sha256) + "-" + package.record.file_name);
  prefix::InstalledPackage installed;
  installed.record = package.record;
  for (const envlock_test::MadeFile& file : made.files) {
    installed.paths.push_back({.path = file.path, .sha256 = core::sha256(file.bytes)});
  }
  scene.write_file("conda-meta/" + conda::stem(package.record) + ".json", prefix::format(installed));
}

}  // namespace

TEST_CASE("of a path that two packages ship either content is right, and which it is is a note") {
  Scene scene;
  add(scene, {.name = "one", .files = {{.path = "share/both.txt", .bytes = "one\n"}}});
  add(scene, {.name = "two", .files = {{.path = "share/both.txt", .bytes = "two\n"}}});
  scene.write_file("share/both.txt", "two\n");
  verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{"note clobbered-file two share/both.txt"});

  SECTION("the loser's file may be kept beside it") {
    scene.write_file("share/both.txt__clobber-from-one", "one\n");
    CHECK(told(scene.verify(), true) == Lines{"note clobbered-file two share/both.txt"});
  }
  SECTION("what is neither's is a fault, told once") {
    scene.write_file("share/both.txt", "three\n");
    CHECK(told(scene.verify(), true) == Lines{"fault file-differs one share/both.txt"});
  }
}

TEST_CASE("a package with a post-link script is named as such") {
  Scene scene;
  add(scene, {.name = "linked",
              .files = {{.path = "bin/.linked-post-link.sh", .bytes = "true\n", .mode = 0755},
                        {.path = "share/linked.txt", .bytes = "before\n"}}});
  scene.write_file("bin/.linked-post-link.sh", "true\n");
  std::filesystem::permissions(scene.prefix / "bin/.linked-post-link.sh", std::filesystem::perms(0755));
  scene.write_file("share/linked.txt", "after\n");
  scene.write_file("bin/made", "");
  const verify::Verification verification = scene.verify();
  CHECK(told(verification) == Lines{"fault file-differs linked share/linked.txt", "fault stranger-program bin/made"});
  CHECK(has_line(find(verification, "file-differs"),
                 "the package has a post-link script, `bin/.linked-post-link.sh`, which may have changed it"));
  CHECK(has_line(find(verification, "stranger-program"), "a package's post-link script may have made it"));
}

namespace {

/// A package whose list of files says something else than its content.
prefix::WantedPackage inconsistent(Scene& scene, const std::string& paths_json, bool info_last = false) {
  using envlock_test::TarMember;
  const std::string index =
      R"({"name": "odd", "version": "1", "build": "0", "build_number": 0, "depends": [], "subdir": "linux-64"})";
  const std::vector<TarMember> info{{.name = "info/index.json", .data = index},
                                    {.name = "info/paths.json", .data = paths_json}};
  const std::vector<TarMember> content{{.name = "share/odd.txt", .data = "odd\n"}};
  std::vector<TarMember> members = info_last ? content : info;
  const std::vector<TarMember>& rest = info_last ? info : content;
  members.insert(members.end(), rest.begin(), rest.end());
  const std::string bytes = envlock_test::bzip2(envlock_test::tar(members));
  conda::PackageRecord record;
  record.name = "odd";
  record.version = "1";
  record.build = "0";
  record.subdir = "linux-64";
  record.file_name = "odd-1-0.tar.bz2";
  record.sha256 = core::sha256(bytes);
  const std::filesystem::path file = scene.folder() / "odd-1-0.tar.bz2";
  envlock_test::write(file, bytes);
  scene.expected.packages.push_back(record);
  scene.options.archives[*record.sha256] = file;
  prefix::InstalledPackage installed;
  installed.record = record;
  installed.paths.push_back({.path = "share/odd.txt", .sha256 = core::sha256("odd\n")});
  scene.write_file("conda-meta/odd-1-0.json", prefix::format(installed));
  scene.write_file("share/odd.txt", "odd\n");
  return {record, {}};
}

std::string listed(const std::string& sha256) {
  return R"({"paths_version": 1, "paths": [{"_path": "share/odd.txt", "path_type": "hardlink", "sha256": ")" + sha256 +
         R"(", "size_in_bytes": 4}]})";
}

}  // namespace

TEST_CASE("where a package's list disagrees with its content the content counts") {
  Scene scene;
  inconsistent(scene, listed(std::string(64, 'c')));
  CHECK(told(scene.verify(), true) ==
        Lines{"note package-inconsistent odd share/odd.txt", "note conda-meta-differs odd conda-meta/odd-1-0.json"});
  scene.write_file("share/odd.txt", "other\n");
  CHECK(told(scene.verify()) == Lines{"fault file-differs odd share/odd.txt"});
}

TEST_CASE("a package that lists its files after them is read twice") {
  Scene scene;
  inconsistent(scene, listed(core::format(core::sha256("odd\n"))), true);
  const verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{});
  CHECK(verification.packages.front().name == "odd");
  CHECK(verification.packages.front().proof == verify::Proof::archive);
}

TEST_CASE("a package that cannot be understood leaves a weak proof that says why") {
  Scene scene;
  inconsistent(scene, "{\"paths\": 7}");
  const verify::Verification verification = scene.verify();
  CHECK(told(verification) == Lines{});
  CHECK(verification.packages.front().proof == verify::Proof::record);
  CHECK(verification.packages.front().weak_reason != "");
}
