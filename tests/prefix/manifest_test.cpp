#include <map>
#include <string>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/manifest.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::prefix;

namespace {

using Info = std::map<std::string, std::string>;

const std::string kIndex = R"({"name": "demo", "version": "1.0", "build": "h1_0"})";
const std::string kSha(64, 'a');

std::string paths(const std::string& items) {
  return R"({"paths": [)" + items + R"(], "paths_version": 1})";
}
Info with_paths(const std::string& items) {
  return {{"index.json", kIndex}, {"paths.json", paths(items)}};
}

ManifestPath hardlink(std::string path, std::optional<Placeholder> placeholder = {}, bool no_link = false) {
  ManifestPath made;
  made.path = std::move(path);
  made.placeholder = std::move(placeholder);
  made.no_link = no_link;
  return made;
}

// The first diagnostic of what parse_manifest throws.
core::Diagnostic refusal(const Info& info) {
  try {
    parse_manifest(info, "demo-1.0-h1_0.conda");
  } catch (const core::Error& error) {
    return error.diagnostics().front();
  }
  return {};
}

}  // namespace

TEST_CASE("a manifest holds what paths.json, link.json and index.json say") {
  const Info info{
      {"index.json",
       R"({"name": "demo", "version": "1.0", "build": "pyh1_0", "build_number": 0, "noarch": "python", "x": {"y": [1]}})"},
      {"link.json", R"({"noarch": {"type": "python", "entry_points": ["demo = demo.cli:main"]},
                        "package_metadata_version": 1})"},
      {"paths.json", paths(R"({"_path": "site-packages/demo/b.py", "path_type": "hardlink", "sha256": ")" + kSha +
                           R"(", "size_in_bytes": 12, "inode_paths": ["a", {"b": 1}]},
          {"_path": "python-scripts/.demo-post-link.sh", "path_type": "hardlink", "no_link": true},
          {"_path": "lib/d", "path_type": "directory"},
          {"_path": "lib/l", "path_type": "softlink", "sha256": null, "prefix_placeholder": "/p", "file_mode": "text"},
          {"_path": "bin/t", "path_type": "hardlink", "file_mode": "text", "prefix_placeholder": "/opt/placehold"},
          {"_path": "bin/b", "path_type": "hardlink", "prefix_placeholder": "/opt/placehold", "file_mode": "binary"})")}};
  const Manifest manifest = parse_manifest(info, "demo");
  CHECK(manifest.name == "demo");
  CHECK(manifest.version == "1.0");
  CHECK(manifest.build == "pyh1_0");
  CHECK(manifest.noarch == Noarch::python);
  CHECK(manifest.entry_points ==
        std::vector<EntryPoint>{{.command = "demo", .module = "demo.cli", .function = "main"}});
  CHECK(manifest.link_scripts == std::vector<std::string>{"bin/.demo-post-link.sh"});
  REQUIRE(manifest.paths.size() == 6);
  CHECK(manifest.paths[0] == hardlink("bin/b", Placeholder{"/opt/placehold", FileMode::binary}));
  CHECK(manifest.paths[1].placeholder == Placeholder{"/opt/placehold", FileMode::text});
  CHECK(manifest.paths[2].type == PathType::directory);
  CHECK(manifest.paths[3].type == PathType::softlink);
  CHECK(!manifest.paths[3].placeholder);
  CHECK(manifest.paths[4].no_link);
  CHECK(manifest.paths[5].path == "site-packages/demo/b.py");
  CHECK(manifest.paths[5].sha256 == core::parse_sha256(kSha));
  CHECK(manifest.paths[5].size == 12);
}

TEST_CASE("an older package is read from files, has_prefix and no_link") {
  const Info info{{"index.json", kIndex},
                  {"files", "lib/b.so\nbin/a\r\n\n# a comment\nbin/with space\nbin/c\nbin/d\n"},
                  {"has_prefix",
                   "bin/a\n/old/prefix binary lib/b.so\n\"/quoted\" \"text\" \"bin/with space\"\n"
                   "'/single' 'binary' 'bin/c'\nbin/gone\n"},
                  {"no_link", "bin/c\n"},
                  {"no_softlink", "bin/d\n"}};
  const Manifest manifest = parse_manifest(info, "demo");
  REQUIRE(manifest.paths.size() == 5);
  const std::string standard = "/opt/anaconda1anaconda2" + std::string("anaconda3");
  CHECK(manifest.paths[0] == hardlink("bin/a", Placeholder{standard, FileMode::text}));
  CHECK(manifest.paths[1] == hardlink("bin/c", Placeholder{"/single", FileMode::binary}, true));
  CHECK(manifest.paths[2] == hardlink("bin/d", {}, true));
  CHECK(manifest.paths[3].placeholder == Placeholder{"/quoted", FileMode::text});
  CHECK(manifest.paths[4].placeholder == Placeholder{"/old/prefix", FileMode::binary});
}

TEST_CASE("noarch comes from the index, and from link.json where that is silent") {
  const std::string noarch = GENERATE(R"("noarch": "python")", R"("noarch": "generic")", R"("noarch": true)",
                                      R"("noarch": false)", R"("noarch": null)");
  const Info info{{"index.json", R"({"name": "demo", "version": "1", "build": "0", )" + noarch + "}"},
                  {"link.json", R"({"noarch": {"type": "python", "entry_points": ["d = d:main"]}})"},
                  {"files", ""}};
  const Manifest manifest = parse_manifest(info, "demo");
  const bool is_python = noarch.find("python") != std::string::npos || noarch.find("null") != std::string::npos;
  const bool is_none = noarch.find("false") != std::string::npos;
  CHECK(manifest.noarch == (is_python ? Noarch::python : is_none ? Noarch::none : Noarch::generic));
  CHECK(manifest.entry_points.size() == (is_python ? 1 : 0));
}

TEST_CASE("the scripts that conda would run are named") {
  const Manifest manifest = parse_manifest(with_paths(R"({"_path": "bin/.demo-pre-unlink.sh", "path_type": "hardlink"},
                    {"_path": "bin/.demo-post-link.sh", "path_type": "hardlink"},
                    {"_path": "bin/.other-post-link.sh", "path_type": "hardlink"},
                    {"_path": "bin/.demo-pre-link.sh", "path_type": "hardlink"})"),
                                           "demo");
  CHECK(manifest.link_scripts ==
        std::vector<std::string>{"bin/.demo-post-link.sh", "bin/.demo-pre-link.sh", "bin/.demo-pre-unlink.sh"});
}

TEST_CASE("a path that leaves the prefix, reaches its records or stands twice is refused") {
  const std::string path =
      GENERATE(as<std::string>{}, "", "/etc/passwd", "../x", "a/../b", "a/..", "..", ".", "./a", "a/./b", "a//b", "a/",
               "a\\u0000b", "a\\nb", "a\\u001bb", "conda-meta/x.json", "conda-meta/history", "conda-meta/a/b");
  CAPTURE(path);
  const core::Diagnostic diagnostic = refusal(with_paths(R"({"_path": ")" + path + R"(", "path_type": "hardlink"})"));
  CHECK(diagnostic.code == "package-invalid");
  CHECK(diagnostic.what.find("demo-1.0-h1_0.conda") != std::string::npos);
  Info old{{"index.json", kIndex}, {"files", "../../x\n"}};
  CHECK(refusal(old).code == "package-invalid");
  old["files"] = "bin/a\nbin/a\n";
  CHECK(refusal(old).why == std::vector<std::string>{"the path is `bin/a`"});
  CHECK(refusal(with_paths("{\"_path\": \"" + std::string(256, 'x') + "\", \"path_type\": \"hardlink\"}")).code ==
        "package-invalid");
  CHECK(refusal(with_paths("{\"_path\": \"a\xff\", \"path_type\": \"hardlink\"}")).code == "package-invalid");
}

TEST_CASE("names that differ by case alone, spaces and backslashes are files like others") {
  const Manifest manifest =
      parse_manifest(with_paths(R"({"_path": "A b", "path_type": "hardlink"}, {"_path": "a b", "path_type": "hardlink"},
                    {"_path": "x\\y", "path_type": "hardlink"}, {"_path": "..a/b..", "path_type": "hardlink"},
                    {"_path": "conda-meta/pinned", "path_type": "hardlink"})"),
                     "demo");
  CHECK(manifest.paths.size() == 5);
}

TEST_CASE("paths.json of a wrong shape is refused") {
  const std::string text = GENERATE(
      as<std::string>{}, "", "[]", "1", "null", "{", "{}", R"({"paths": {}})", R"({"paths": 1})", R"({"paths": null})",
      R"({"paths": [1]})", R"({"paths": [[]]})", R"({"paths": [null]})", R"({"paths": [], "paths": []})",
      R"({"paths": [], "paths_version": 2})", R"({"paths": [], "paths_version": "1"})",
      R"({"paths": [], "paths_version": [1]})", R"({"paths": []} x)", R"({"paths": [{}]})",
      R"({"paths": [{"_path": 1}]})", R"({"paths": [{"_path": ["a"]}]})",
      R"({"paths": [{"_path": "a", "_path": "b"}]})", R"({"paths": [{"_path": "a", "path_type": "pipe"}]})",
      R"({"paths": [{"_path": "a", "path_type": null}]})", R"({"paths": [{"_path": "a", "sha256": "abc"}]})",
      R"({"paths": [{"_path": "a", "sha256": 1}]})", R"({"paths": [{"_path": "a", "size_in_bytes": -1}]})",
      R"({"paths": [{"_path": "a", "size_in_bytes": 1.5}]})", R"({"paths": [{"_path": "a", "size_in_bytes": "1"}]})",
      R"({"paths": [{"_path": "a", "no_link": 1}]})", R"({"paths": [{"_path": "a", "file_mode": "utf-8"}]})",
      R"({"paths": [{"_path": "a", "prefix_placeholder": "/x"}]})",
      R"({"paths": [{"_path": "a", "prefix_placeholder": 1, "file_mode": "text"}]})",
      R"({"paths": [{"_path": "a", "prefix_placeholder": "/x\u0000", "file_mode": "text"}]})",
      R"({"paths": [{"_path": "a", "prefix_placeholder": {}, "file_mode": "text"}]})");
  CAPTURE(text);
  CHECK(refusal({{"index.json", kIndex}, {"paths.json", text}}).code == "package-invalid");
}

TEST_CASE("paths.json is JSON to the letter, also where nobody looks") {
  const auto with = [](const std::string& value) {
    return Info{{"index.json", kIndex}, {"paths.json", R"({"paths": [], "x": )" + value + "}"}};
  };
  const std::string wrong =
      GENERATE(as<std::string>{}, "01", "1.", ".5", "+1", "1e", "1e+", "-", "tru", "nul", "'a'", "\"a", "\"a\nb\"",
               R"("\x")", R"("\u12")", R"("\u12g4")", R"("\ud800")", R"("\ud800\u0041")", R"("\udc00")", "\"\xff\"",
               "[1,]", "[,1]", "[1 2]", "[1", R"({"a" 1})", R"({"a":})", R"({"a":1,})", "{,}", "{1:2}", "[}", "1,", "");
  CAPTURE(wrong);
  CHECK(refusal(with(wrong)).what.find("is not JSON") != std::string::npos);
  const std::string right = GENERATE(as<std::string>{}, "0", "-0", "-1.5e-7", "1E400", std::string(100'000, '9'), "[ ]",
                                     "{ }", "[[],{\"a\":[null,true,false]}]", R"("\"\\\/\b\f\n\r\t\u0000")");
  CAPTURE(right.substr(0, 80));
  CHECK(parse_manifest(with(right), "demo").paths.empty());
}

TEST_CASE("escapes in paths.json are the characters that they stand for") {
  const std::string item =
      R"({ "_p\u0061th" :"\u0062in\/\u00e9\ud83d\ude00.py" , "path_type":"hardlink","size_in_bytes":18446744073709551615})";
  Info info = with_paths(item);
  info["paths.json"] = "\xEF\xBB\xBF" + info["paths.json"];
  const Manifest manifest = parse_manifest(info, "demo");
  REQUIRE(manifest.paths.size() == 1);
  CHECK(manifest.paths[0].path == "bin/\u00e9\U0001f600.py");
  CHECK(manifest.paths[0].size == 18446744073709551615U);
  CHECK(refusal(with_paths(R"({"_path": "a", "size_in_bytes": 18446744073709551616})")).code == "package-invalid");
}

TEST_CASE("a placeholder longer than any is refused, nesting too, and neither costs memory") {
  const auto with_placeholder = [](std::size_t bytes) {
    return with_paths(R"({"_path": "a", "path_type": "hardlink", "file_mode": "text", "prefix_placeholder": ")" +
                      std::string(bytes, 'p') + "\"}");
  };
  CHECK(parse_manifest(with_placeholder(1024), "demo").paths[0].placeholder->text.size() == 1024);
  CHECK(refusal(with_placeholder(1025)).why.front() == "have 1025 bytes");
  const auto nested = [](int levels) {
    return R"({"name": "demo", "version": "1", "build": "0", "paths": [], "x": )" + std::string(levels, '[') +
           std::string(levels, ']') + "}";
  };
  CHECK(parse_manifest({{"index.json", nested(60)}, {"paths.json", nested(60)}}, "demo").name == "demo");
  CHECK(refusal({{"index.json", nested(70)}, {"files", ""}}).what.find("nested too deeply") != std::string::npos);
  CHECK(refusal({{"index.json", nested(1'000'000)}, {"files", ""}}).what.find("nested") != std::string::npos);
  CHECK(refusal({{"index.json", kIndex}, {"paths.json", nested(70)}}).what.find("nested") != std::string::npos);
  CHECK(refusal({{"index.json", kIndex}, {"paths.json", nested(1'000'000)}}).what.find("nested") != std::string::npos);
  CHECK(refusal({{"index.json", std::string(100'000, '{')}, {"files", ""}}).code == "package-invalid");
  CHECK(refusal({{"index.json", std::string(std::size_t{17} << 20, ' ')}, {"files", ""}}).code == "package-invalid");
}

TEST_CASE("an index that cannot name a package is refused") {
  const std::string text = GENERATE(
      as<std::string>{}, "", "[]", "{}", R"({"name": "demo", "version": "1"})", R"({"name": "demo", "build": "0"})",
      R"({"version": "1", "build": "0"})", R"({"name": 1, "version": "1", "build": "0"})",
      R"({"name": "a/b", "version": "1", "build": "0"})", R"({"name": "a", "version": "../1", "build": "0"})",
      R"({"name": "a", "version": "1", "build": "0/../../x"})", R"({"name": "", "version": "1", "build": "0"})",
      R"({"name": "a", "name": "b", "version": "1", "build": "0"})",
      R"({"name": "a", "version": "1", "build": "0", "noarch": "ruby"})",
      R"({"name": "a", "version": "1", "build": "0", "noarch": 1})",
      R"({"name": "python", "version": "1", "build": "0", "python_site_packages_path": "../x"})",
      R"({"name": "python", "version": "1", "build": "0", "python_site_packages_path": 3})");
  CAPTURE(text);
  CHECK(refusal({{"index.json", text}, {"files", ""}}).code == "package-invalid");
  CHECK(refusal({{"files", ""}}).code == "package-invalid");
  CHECK(refusal({{"index.json", kIndex}}).code == "package-invalid");
}

TEST_CASE("a link.json of a wrong shape is refused") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "[]", R"({"noarch": "python"})", R"({"noarch": {}})",
               R"({"noarch": {"type": "ruby"}})", R"({"noarch": {"type": "python", "entry_points": "x"}})",
               R"({"noarch": {"type": "python", "entry_points": [1]}})");
  CAPTURE(text);
  CHECK(refusal({{"index.json", kIndex}, {"link.json", text}, {"files", ""}}).code == "package-invalid");
  const core::Diagnostic diagnostic =
      refusal({{"index.json", kIndex},
               {"link.json", R"({"noarch": {"type": "python", "entry_points": ["../x = m:f"]}})"},
               {"files", ""}});
  CHECK(diagnostic.code == "entry-point-invalid");
  CHECK(diagnostic.what.find("demo-1.0-h1_0.conda") != std::string::npos);
}

TEST_CASE("a line of has_prefix that cannot be read is refused") {
  const std::string line = GENERATE(as<std::string>{}, "/p text", "/p utf bin/a", "\"/p text bin/a", "/p text bin/a b",
                                    "\"\" text bin/a", "bin/a\nbin/a");
  CAPTURE(line);
  CHECK(refusal({{"index.json", kIndex}, {"files", "bin/a\n"}, {"has_prefix", line}}).code == "package-invalid");
}
