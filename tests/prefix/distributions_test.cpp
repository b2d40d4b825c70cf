#include <filesystem>
#include <string>

#include "envlock/prefix/wheel.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using prefix::Distribution;

namespace {

const std::string kSite = "lib/python3.12/site-packages";

/// An environment with files in site-packages.
class Site {
 public:
  void write(const std::string& path, const std::string& text) const { folder_.write(kSite + "/" + path, text); }
  std::vector<Distribution> read() const { return prefix::read_distributions(folder_.path(), kSite); }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  envlock_test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("a distribution says its name, version, installer and files") {
  const Site site;
  site.write("Foo.Bar-1.0.dist-info/METADATA",
             "Metadata-Version: 2.1\r\nNAME: Foo.Bar\r\nVersion: 1.0.post1\r\n\r\nName: no\r\n");
  site.write("Foo.Bar-1.0.dist-info/INSTALLER", "pip\n");
  site.write("Foo.Bar-1.0.dist-info/RECORD",
             "foo/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n../../../bin/foo,,\n" +
                 site.path().string() + "/share/x,,\n/usr/bin/y,,\n../../../../outside,,\n./a//b/../c.py,,\n");
  const auto found = site.read();
  REQUIRE(found.size() == 1);
  CHECK(found[0].name == "foo-bar");
  CHECK(found[0].version == "1.0.post1");
  CHECK(found[0].installer == "pip");
  CHECK(found[0].folder == kSite + "/Foo.Bar-1.0.dist-info");
  CHECK_FALSE(found[0].editable);
  CHECK(found[0].has_record);
  std::vector<std::string> paths;
  for (const prefix::RecordLine& line : found[0].record) paths.push_back(line.path);
  CHECK(paths == std::vector<std::string>{kSite + "/foo/__init__.py", "bin/foo", "share/x", "/usr/bin/y", "../outside",
                                          kSite + "/a/c.py"});
  CHECK(found[0].record[0].sha256 == core::sha256(""));
}

TEST_CASE("direct_url.json is read without its secrets") {
  const auto direct = [](const std::string& json) {
    const Site site;
    site.write("x-1.dist-info/direct_url.json", json);
    return site.read().at(0);
  };
  const Distribution commit = direct(
      R"({"url": "https://user:secret@host/x.git", "vcs_info": {"vcs": "git", "commit_id": "abc", "requested_revision": "main"}})");
  CHECK(commit.direct_url == "https://host/x.git");
  CHECK(commit.direct_commit == "abc");
  const std::string hash = core::format(core::sha256("x"));
  CHECK(direct(R"({"url": "https://host/x.whl?token=SECRET", "archive_info": {"hash": "sha256=)" + hash + "\"}}")
            .direct_sha256 == core::sha256("x"));
  CHECK(direct(R"({"url": "https://host/x.whl?token=SECRET", "archive_info": {"hashes": {"sha256": ")" + hash + "\"}}}")
            .direct_url.find("SECRET") == std::string::npos);
  CHECK(direct(R"({"url": "file:///home/me/x", "dir_info": {"editable": true}})").editable);
  CHECK_FALSE(direct(R"({"url": "file:///home/me/x", "dir_info": {}})").editable);
  for (const std::string text :
       {"", "[]", "{", R"({"url": 5, "dir_info": 7, "archive_info": [], "vcs_info": null})", "\xff"}) {
    CHECK(direct(text).direct_url.empty());
    CHECK(direct(text).name == "x");
  }
}

TEST_CASE("older kinds of distributions are found too") {
  const Site site;
  site.write("old-2.0-py3.12.egg-info", "Metadata-Version: 1.0\nName: old\nVersion: 2.0\n");
  site.write("dir-3.0-py3.12.egg-info/PKG-INFO", "Name: dir\nVersion: 3.0\n");
  site.write("dir-3.0-py3.12.egg-info/installed-files.txt", "../dir/__init__.py\n\nPKG-INFO\n../../../../bin/dir\n");
  site.write("bare-4.0-py3.12.egg-info/top_level.txt", "");
  site.write("My_Tool.egg-link", "/home/me/my tool\n.");
  site.write("new.dist-info/METADATA", "");
  site.write("editable-1.dist-info/RECORD", "__editable__.editable-1.pth,,\n");
  site.write("~ip-1.dist-info/METADATA", "Name: ip\n");
  site.write("file-1.dist-info", "no folder");
  const auto found = site.read();
  REQUIRE(found.size() == 6);
  CHECK(found[0].name == "bare");
  CHECK(found[0].version == "4.0");
  CHECK(found[1].name == "dir");
  REQUIRE(found[1].record.size() == 3);
  CHECK(found[1].record[0].path == kSite + "/dir/__init__.py");
  CHECK(found[1].record[1].path == kSite + "/dir-3.0-py3.12.egg-info/PKG-INFO");
  CHECK(found[1].record[2].path == "bin/dir");
  CHECK_FALSE(found[1].has_record);
  CHECK(found[2].name == "editable");
  CHECK(found[2].editable);
  CHECK(found[3].name == "my-tool");
  CHECK(found[3].editable);
  CHECK(found[3].direct_url == "file:///home/me/my%20tool");
  CHECK(found[4].name == "new");
  CHECK(found[4].version.empty());
  CHECK(found[5].name == "old");
  CHECK(found[5].version == "2.0");
}

TEST_CASE("of a damaged distribution what is known is given") {
  const Site site;
  site.write("x-1.0.dist-info/RECORD", "a.py,,\nb.py,sha256=bad,\nc.py,,\n\"");
  std::filesystem::create_directories(site.path() / kSite / "x-1.0.dist-info/METADATA");
  std::filesystem::create_symlink("nowhere", site.path() / kSite / "x-1.0.dist-info/INSTALLER");
  site.write("y-1.0.dist-info/METADATA", std::string(200000, 'x') + "\nName: late\n");
  std::filesystem::create_directories(site.path() / kSite / "y-1.0.dist-info/RECORD");
  std::filesystem::create_symlink("nowhere", site.path() / kSite / "z-1.0.dist-info");
  const auto found = site.read();
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "x");
  CHECK(found[0].version == "1.0");
  CHECK_FALSE(found[0].has_record);
  REQUIRE(found[0].record.size() == 2);
  CHECK(found[0].record[1].path == kSite + "/c.py");
  CHECK(found[1].name == "y");
  CHECK(prefix::read_distributions(site.path(), "lib/nothing").empty());
}
