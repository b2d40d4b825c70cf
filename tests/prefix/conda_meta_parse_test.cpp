// What conda, mamba and rattler of every age wrote into conda-meta.
#include <string>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/conda_meta.h"
#include "support/catch.h"

using namespace envlock;
using prefix::InstalledPackage;
using prefix::InstalledType;

namespace {

const std::string kMeta = "foo-1.0-0.json";

/// A conda-meta text of foo 1.0 with more members.
std::string meta(const std::string& members) {
  return R"({"name": "foo", "version": "1.0", "build": "0", "build_number": 0)" +
         (members.empty() ? "" : ", " + members) + "}";
}
InstalledPackage parse(const std::string& members) {
  return prefix::parse_conda_meta(meta(members), kMeta);
}
/// The reason for which a text is refused; "" when it is not.
std::string refused(const std::string& text, const std::string& file = kMeta) {
  try {
    prefix::parse_conda_meta(text, file);
    return "";
  } catch (const core::Error& error) {
    REQUIRE(error.diagnostics().front().code == "conda-meta-invalid");
    REQUIRE(error.diagnostics().front().what.find(file) != std::string::npos);
    return error.diagnostics().front().why.front();
  }
}

}  // namespace

TEST_CASE("what conda 24 writes is read in full") {
  const InstalledPackage package = prefix::parse_conda_meta(
      R"({
  "arch": "x86_64", "auth": null, "build": "h4bc722e_7", "build_number": 7,
  "channel": "https://conda.anaconda.org/conda-forge/linux-64",
  "constrains": ["bzip3 >=1"], "depends": ["__glibc >=2.17,<3.0.a0", "libgcc-ng >=12"],
  "extracted_package_dir": "/opt/conda/pkgs/bzip2-1.0.8-h4bc722e_7",
  "files": ["bin/bzip2", "lib/libbz2.so", "lib/a.py", "lib/__pycache__/a.cpython-312.pyc"],
  "fn": "bzip2-1.0.8-h4bc722e_7.conda", "license": "bzip2-1.0.6",
  "link": {"source": "/opt/conda/pkgs/bzip2-1.0.8-h4bc722e_7", "type": 1},
  "md5": "62ee74e96c5ebb0af99386de58cf9553", "name": "bzip2",
  "package_tarball_full_path": "/opt/conda/pkgs/bzip2-1.0.8-h4bc722e_7.conda",
  "paths_data": {"paths": [
    {"_path": "lib/libbz2.so", "path_type": "softlink", "sha256": "8b1790faa5d6e792977f117846bf84a5333741d4d7a3bde392fbbc7979f9a206",
     "sha256_in_prefix": "7136a6a39c8e423501e3cefc44a552170b1e996ffd43185357640572e3d38394", "size_in_bytes": 12},
    {"_path": "bin/bzip2", "path_type": "hardlink", "file_mode": "binary", "prefix_placeholder": "/home/p", "no_link": true,
     "sha256": "8b1790faa5d6e792977f117846bf84a5333741d4d7a3bde392fbbc7979f9a206",
     "sha256_in_prefix": "7136a6a39c8e423501e3cefc44a552170b1e996ffd43185357640572e3d38394", "size_in_bytes": 300800},
    {"_path": "lib/a.py", "path_type": "hardlink"}
  ], "paths_version": 1},
  "platform": "linux", "requested_spec": "bzip2 >=1", "sha256": "5ced96500d945fb286c9c838e54fa759aa04a7129c59800f0846b4335cee770d",
  "size": 252783, "subdir": "linux-64", "timestamp": 1720974456583,
  "url": "https://conda.anaconda.org/conda-forge/linux-64/bzip2-1.0.8-h4bc722e_7.conda", "version": "1.0.8"})",
      "bzip2-1.0.8-h4bc722e_7.json");
  const conda::PackageRecord& record = package.record;
  CHECK(record.name == "bzip2");
  CHECK(record.build_number == 7);
  CHECK(record.channel == "https://conda.anaconda.org/conda-forge");
  CHECK(record.subdir == "linux-64");
  CHECK(record.file_name == "bzip2-1.0.8-h4bc722e_7.conda");
  CHECK_FALSE(record.url);
  CHECK(record.constrains == std::vector<std::string>{"bzip3 >=1"});
  CHECK(record.depends.size() == 2);
  CHECK(record.md5 == core::parse_md5("62ee74e96c5ebb0af99386de58cf9553"));
  CHECK(record.timestamp == 1720974456583);
  CHECK(record.size == 252783u);
  CHECK(package.requested_specs == std::vector<std::string>{"bzip2 >=1"});
  REQUIRE(package.paths.size() == 4);
  CHECK(package.paths[0].path == "bin/bzip2");
  CHECK(package.paths[0].placeholder == prefix::Placeholder{"/home/p", prefix::FileMode::binary});
  CHECK(package.paths[0].no_link);
  CHECK(package.paths[1].path == "lib/__pycache__/a.cpython-312.pyc");
  CHECK(package.paths[1].type == InstalledType::pyc_file);
  CHECK(package.paths[2].path == "lib/a.py");
  CHECK(package.paths[3].type == InstalledType::softlink);
  CHECK(package.paths[3].size == 12u);
}

TEST_CASE("an old file lists names alone, whatever its link says") {
  for (const std::string link : {R"({"source": "/pkgs/foo", "type": 1})",
                                 R"({"source": "/pkgs/foo", "type": "hard-link"})", "null", R"("copy")"}) {
    const InstalledPackage package =
        parse(R"("files": ["lib/b", "bin/a", "lib/b"], "link": )" + link + R"(, "date": "2015-01-01")");
    REQUIRE(package.paths.size() == 2);
    CHECK(package.paths[0].path == "bin/a");
    CHECK(package.paths[0].type == InstalledType::other);
    CHECK_FALSE(package.record.timestamp);
  }
}

TEST_CASE("the channel becomes a base URL without subdir and secrets") {
  const auto channel = [](const std::string& members) { return parse(members).record.channel; };
  CHECK(channel(R"("channel": "https://conda.anaconda.org/conda-forge/linux-64/")") ==
        "https://conda.anaconda.org/conda-forge");
  CHECK(channel(R"("channel": "https://conda.anaconda.org/pytorch/label/dev/noarch")") ==
        "https://conda.anaconda.org/pytorch/label/dev");
  CHECK(channel(R"("channel": "https://user:secret@host/chan/linux-64")") == "https://host/chan");
  CHECK(channel(R"("channel": "https://conda.anaconda.org/t/TOKEN/private/linux-64")") ==
        "https://conda.anaconda.org/private");
  CHECK(channel(R"("channel": "https://host/chan?sig=SECRET")") == "https://host/chan");
  CHECK(channel(
            R"("channel": "conda-forge", "url": "https://conda.anaconda.org/conda-forge/linux-64/foo-1.0-0.conda")") ==
        "https://conda.anaconda.org/conda-forge");
  CHECK(channel(R"("channel": null, "url": "https://host/t/TOKEN/chan/noarch/foo-1.0-0.tar.bz2")") ==
        "https://host/chan");
  CHECK(channel(R"("channel": "file:///srv/channel/")") == "file:///srv/channel");
  CHECK(channel(R"("channel": "conda-forge/linux-64")") == "conda-forge");
  CHECK(channel(R"("channel": "pkgs/main")") == "pkgs/main");
  CHECK(channel(R"("schannel": "defaults")") == "defaults");
  CHECK(channel(R"("channel": "<unknown>", "schannel": "<unknown>")").empty());
  CHECK(channel(R"("channel": {"name": "x"})").empty());
  CHECK(channel("").empty());
}

TEST_CASE("subdir, file name and url are derived where they are missing") {
  const std::string url = R"("url": "https://u:p@host/chan/linux-64/foo-1.0-0.tar.bz2")";
  CHECK(parse(url).record.subdir == "linux-64");
  CHECK(parse(url).record.file_name == "foo-1.0-0.tar.bz2");
  CHECK_FALSE(parse(url).record.url);
  CHECK(parse(R"("fn": "foo-1.0-0.conda")").record.file_name == "foo-1.0-0.conda");
  CHECK(parse(R"("fn": "../x.conda")").record.file_name == "foo-1.0-0");
  CHECK(parse(R"("noarch": "python")").record.subdir == "noarch");
  CHECK(parse(R"("channel": "https://host/chan/osx-64")").record.subdir == "osx-64");
  const InstalledPackage elsewhere = parse(
      R"("channel": "https://host/chan", "subdir": "linux-64", "fn": "foo-1.0-0.conda", "url": "https://u:p@cdn/t/TOKEN/x/foo-1.0-0.conda?sig=SECRET")");
  CHECK(elsewhere.record.channel == "https://host/chan");
  CHECK(elsewhere.record.url == "https://cdn/x/foo-1.0-0.conda");
}

TEST_CASE("what the user asked for is found in every spelling") {
  using Specs = std::vector<std::string>;
  CHECK(parse(R"("requested_spec": "foo >=1")").requested_specs == Specs{"foo >=1"});
  CHECK(parse(R"("requested_spec": ["foo", "foo >=1"])").requested_specs == Specs{"foo", "foo >=1"});
  CHECK(parse(R"("requested_specs": ["foo >=1", "foo"], "requested_spec": "foo")").requested_specs ==
        Specs{"foo >=1", "foo"});
  CHECK(parse(R"("requested_spec": "None")").requested_specs.empty());
  CHECK(parse(R"("requested_spec": "")").requested_specs.empty());
  CHECK(parse(R"("requested_spec": null)").requested_specs.empty());
  CHECK(parse(R"("requested_specs": [])").requested_specs.empty());
  const Specs secret = parse(R"("requested_spec": "https://u:p@host/t/TOKEN/chan::foo")").requested_specs;
  REQUIRE(secret.size() == 1);
  CHECK(secret[0].find("TOKEN") == std::string::npos);
  CHECK(secret[0].find("u:p") == std::string::npos);
}

TEST_CASE("values of other tools and ages are understood") {
  CHECK(parse(R"("noarch": true)").record.noarch == "generic");
  CHECK(parse(R"("noarch": false)").record.noarch.empty());
  CHECK(parse(R"("timestamp": 1500000000)").record.timestamp == 1500000000000);
  CHECK(parse(R"("timestamp": 1500000000.25)").record.timestamp == 1500000000000);
  CHECK(parse(R"("timestamp": 1.5e12)").record.timestamp == 1500000000000);
  CHECK_FALSE(parse(R"("timestamp": 0)").record.timestamp);
  CHECK_FALSE(parse(R"("timestamp": 99999999999999999)").record.timestamp);
  CHECK(parse(R"("track_features": "b, a b")").record.track_features == std::vector<std::string>{"a", "b"});
  CHECK(parse(R"("track_features": ["b", "a"])").record.track_features == std::vector<std::string>{"a", "b"});
  CHECK(parse(R"("license": null, "sha256": "", "md5": null, "size": null)").record.license.empty());
  CHECK(prefix::parse_conda_meta(R"({"name": "foo", "version": "1.0", "build_string": "0"})", kMeta).record.build ==
        "0");
  CHECK(
      parse(R"("paths_data": {"paths": [{"_path": "bin/x", "path_type": "unix_python_entry_point"}]})").paths[0].type ==
      InstalledType::entry_point);
  CHECK(parse(R"("paths_data": {"paths": [{"_path": "x", "path_type": "windows_python_entry_point_exe"}]})")
            .paths[0]
            .type == InstalledType::other);
  CHECK(parse(R"("paths_data": null, "files": null)").paths.empty());
}

TEST_CASE("as in Python, the last of two equal keys counts") {
  CHECK(parse(R"("files": ["a"], "files": ["b"])").paths[0].path == "b");
  CHECK(parse(R"("size": 1, "size": 2)").record.size == 2u);
}

TEST_CASE("paths are normalized and never leave the environment") {
  CHECK(parse(R"("files": ["./bin//x/"])").paths[0].path == "bin/x");
  for (const std::string path : {"../x", "/etc/passwd", "bin/../../x", "", ".", "/", "..", "bin/x\\u0000y"}) {
    CHECK(refused(meta(R"("files": [")" + path + "\"]")).find("does not stay in the environment") != std::string::npos);
    CHECK_FALSE(refused(meta(R"("paths_data": {"paths": [{"_path": ")" + path + "\"}]}")).empty());
  }
}

TEST_CASE("what is no conda-meta file is refused with its reason") {
  CHECK(refused("").find("it is not JSON") == 0);
  CHECK(refused("{\"name\": \"foo\"").find("it is not JSON") == 0);
  CHECK(refused("[1]") == "it is not a JSON object");
  CHECK(refused(std::string(100000, '[')).find("it is not JSON") == 0);
  CHECK(refused("{}") == "`name` is missing");
  CHECK(refused(R"({"name": "foo", "version": "1.0"})") == "`build` is missing");
  CHECK(refused(R"({"name": 5, "version": "1.0", "build": "0"})") == "`name` is not a text");
  CHECK(refused(meta(R"("sha256": "abc")")) == "`sha256` is no hash of its kind");
  CHECK(refused(meta(R"("size": -1)")) == "`size` is not a whole number");
  CHECK(refused(meta(R"("files": "bin/x")")) == "`files` is not a list");
  CHECK(refused(meta(R"("files": [5])")) == "`files` is not a text");
  CHECK(refused(meta(R"("depends": [5])")) == "`depends` is not a text");
  CHECK(refused(meta(R"("paths_data": [])")) == "`paths_data` is not an object");
  CHECK(refused(meta(R"("paths_data": {"paths": [{}]})")) == "an entry of `paths_data` has no `_path`");
  CHECK(refused(meta(R"("paths_data": {"paths": ["x"]})")) == "an entry of `paths_data` is not an object");
  CHECK(refused("{\"name\": \"a\xff\"}").find("it is not JSON") == 0);
}

TEST_CASE("a file that describes another package than its name says is refused") {
  CHECK(refused(meta(""), "foo-1.1-0.json") == "it says that it is `foo-1.0-0.json`");
  CHECK(
      refused(R"({"name": "../x", "version": "1", "build": "0"})", "x-1-0.json").find("which no file name may hold") !=
      std::string::npos);
}
