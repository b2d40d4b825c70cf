// The ways to a file's metadata, and what may go wrong on each.
#include "index_fixture.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock_test;
using pypi::FoundMetadata;
using pypi::FoundProject;

namespace {

const std::string kNeeds = "Requires-Dist: six\n";

std::string announced(const std::string& text) {
  return R"(, "core-metadata": {"sha256": ")" + core::format(core::sha256(text)) + "\"}";
}

bool has_needs(const FoundMetadata& found) {
  return found.metadata && found.metadata->requires_dist == std::vector<std::string>{"six"};
}

}  // namespace

TEST_CASE_METHOD(IndexFixture, "a metadata file that is announced is fetched, checked and kept") {
  const std::string text = metadata_text("demo", "1", kNeeds);
  serve_project("demo", {{"demo-1-py3-none-any.whl", "not looked at", announced(text)}});
  server.serve("/files/demo-1-py3-none-any.whl.metadata", text);
  const FoundProject found = project("demo");
  CHECK(has_needs(metadata(found, "1")));
  CHECK(has_needs(metadata(found, "1.0")));
  CHECK(count("/files/demo-1-py3-none-any.whl.metadata") == 1);
  CHECK(count("/files/demo-1-py3-none-any.whl") == 0);
}

TEST_CASE_METHOD(IndexFixture, "a metadata file with another hash, name or version is refused") {
  const std::string text = metadata_text("demo", "1");
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", announced(text)}});
  const FoundProject found = project("demo");
  server.serve("/files/demo-1-py3-none-any.whl.metadata", text + "more");
  CHECK(failure_code(metadata(found, "1").failure) == "hash-mismatch");
  server.serve("/files/demo-1-py3-none-any.whl.metadata", text);
  CHECK(failure_code(metadata(found, "2").failure) == "metadata-disagrees");
  const FoundMetadata other = client().metadata({{"other", "1", found.index, found.page.files[0]}}).front();
  CHECK(failure_code(other.failure) == "metadata-disagrees");
}

TEST_CASE_METHOD(IndexFixture,
                 "where none is announced one is tried, and if it is there the others of that server too") {
  std::vector<pypi::MetadataWanted> wanted;
  for (const std::string name : {"one", "two", "three"}) {
    const std::string file = name + "-1-py3-none-any.whl";
    serve_project(name, {{file, wheel(name, "1", kNeeds), ""}});
    server.serve("/files/" + file + ".metadata", metadata_text(name, "1", kNeeds));
    const FoundProject found = project(name);
    wanted.push_back({name, "1", found.index, found.page.files[0]});
  }
  for (const FoundMetadata& found : client().metadata(wanted)) CHECK(has_needs(found));
  for (const pypi::MetadataWanted& each : wanted) {
    CHECK(count("/files/" + each.file.file_name) == 0);
    CHECK(count("/files/" + each.file.file_name + ".metadata") == 1);
  }
  for (const FoundMetadata& found : client().metadata(wanted)) CHECK(has_needs(found));
  CHECK(count("/files/one-1-py3-none-any.whl.metadata") == 1);  // kept under the hash of the wheel
}

TEST_CASE_METHOD(IndexFixture, "a file without a hash that is replaced under its name is read anew, in whatever way") {
  const bool beside = GENERATE(true, false);
  const std::string file = "demo-1-py3-none-any.whl";
  server.serve("/simple/demo/", "<a href='../../files/" + file + "'>x</a>");
  const auto serve = [&](const std::string& more, const std::string& etag) {
    server.serve("/files/" + file, wheel("demo", "1", more, 300'000), etag);
    if (beside) server.serve("/files/" + file + ".metadata", metadata_text("demo", "1", more), etag);
  };
  serve(kNeeds, "\"one\"");
  const FoundProject found = project("demo");
  CHECK(has_needs(metadata(found, "1")));
  CHECK(has_needs(metadata(found, "1")));
  serve("Requires-Dist: other\n", "\"two\"");
  const FoundMetadata again = metadata(found, "1");
  REQUIRE(again.metadata.has_value());
  CHECK(again.metadata->requires_dist == std::vector<std::string>{"other"});
}

TEST_CASE_METHOD(IndexFixture, "where none is there the wheel's own is read by ranges, and no other is tried") {
  std::vector<pypi::MetadataWanted> wanted;
  for (const std::string name : {"one", "two"}) {
    serve_project(name, {{name + "-1-py3-none-any.whl", wheel(name, "1", kNeeds, 500'000), ""}});
    const FoundProject found = project(name);
    wanted.push_back({name, "1", found.index, found.page.files[0]});
  }
  for (const FoundMetadata& found : client().metadata(wanted)) CHECK(has_needs(found));
  CHECK(count("/files/one-1-py3-none-any.whl.metadata") + count("/files/two-1-py3-none-any.whl.metadata") == 1);
  const std::vector<std::string> ranges = ranges_of("/files/two-1-py3-none-any.whl");
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0] == "bytes=-65536");
  CHECK(ranges[1].rfind("bytes=500", 0) == 0);  // the member alone lies before the tail
  const std::size_t asked = server.requests().size();
  for (const FoundMetadata& found : client().metadata(wanted)) CHECK(has_needs(found));
  CHECK(server.requests().size() == asked);
}

TEST_CASE_METHOD(IndexFixture, "a page that comes for any address is no metadata file") {
  serve_project("demo", {{"demo-1-py3-none-any.whl", wheel("demo", "1", kNeeds), ""}});
  server.serve("/files/demo-1-py3-none-any.whl.metadata", "<html>Welcome</html>");
  CHECK(has_needs(metadata(project("demo"), "1")));
}

TEST_CASE_METHOD(IndexFixture, "the index's size saves asking from the end, and a size that lies is found out") {
  const std::string bytes = wheel("demo", "1", kNeeds, 100'000);
  const auto size = [&](std::size_t value) { return ", \"size\": " + std::to_string(value); };
  serve_project("demo", {{"demo-1-py3-none-any.whl", bytes, size(bytes.size())}});
  CHECK(has_needs(metadata(project("demo"), "1")));
  CHECK(ranges_of("/files/demo-1-py3-none-any.whl").front() ==
        "bytes=" + std::to_string(bytes.size() - 65536) + "-" + std::to_string(bytes.size() - 1));
  settings.max_age_seconds = 0;
  settings.cache.clear();
  for (const std::size_t lie : {bytes.size() - 1, bytes.size() + 1, bytes.size() + 1'000'000}) {
    serve_project("demo", {{"demo-1-py3-none-any.whl", bytes, size(lie)}});
    INFO(lie);
    CHECK(failure_code(metadata(project("demo"), "1").failure) == "hash-mismatch");
  }
}

TEST_CASE_METHOD(IndexFixture, "a server without ranges gives the whole wheel, which is checked") {
  const std::string bytes = wheel("demo", "1", kNeeds, 2'000'000);
  serve_project("demo", {{"demo-1-py3-none-any.whl", bytes, ""}});
  const FoundProject found = project("demo");
  std::string given = bytes;
  int mode = 0;
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer = server.file(request);
    if (request.target != "/files/demo-1-py3-none-any.whl") return answer;
    if (request.header("range").empty() || mode == 0) {
      answer.status = 200;
      answer.headers.clear();
      answer.body = given;
    } else if (mode == 1) {
      answer.status = 416;
    } else {
      answer.headers = {{"Content-Range", "bytes 0-1/2"}};
    }
    return answer;
  });
  settings.cache.clear();
  for (mode = 0; mode < 3; ++mode) {
    INFO(mode);
    CHECK(has_needs(metadata(found, "1")));
    std::filesystem::remove_all(folder.path() / "cache");
    given = wheel("demo", "1", "", 2'000'000);
    CHECK(failure_code(metadata(found, "1").failure) == "hash-mismatch");
    given = bytes;
    std::filesystem::remove_all(folder.path() / "cache");
  }
}

TEST_CASE_METHOD(IndexFixture, "a small wheel that comes whole for a part is used at once") {
  const std::string bytes = wheel("demo", "1", kNeeds);
  serve_project("demo", {{"demo-1-py3-none-any.whl", bytes, ""}});
  const FoundProject found = project("demo");
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer = server.file(request);
    if (request.target == "/files/demo-1-py3-none-any.whl") {
      answer = {};
      answer.body = bytes;
    }
    return answer;
  });
  CHECK(has_needs(metadata(found, "1")));
  CHECK(count("/files/demo-1-py3-none-any.whl") == 1);
}

TEST_CASE_METHOD(IndexFixture, "wheels that are none by the rules are refused with the reason") {
  const auto refusal = [&](const std::string& bytes) {
    settings.max_age_seconds = 0;
    std::filesystem::remove_all(folder.path() / "cache");
    serve_project("demo", {{"demo-1-py3-none-any.whl", bytes, ""}});
    const FoundMetadata found = metadata(project("demo"), "1");
    return found.failure ? found.failure->code + ": " + found.failure->why.front() : std::string("taken");
  };
  CHECK(refusal("not a zip").rfind("metadata-unavailable: it does not end with a zip's directory", 0) == 0);
  CHECK(refusal("").rfind("metadata-unavailable", 0) == 0);
  CHECK(refusal(wheel("other", "1")) ==
        "metadata-unavailable: its `other-1.dist-info/METADATA` is that of another project or version");
  CHECK(refusal(wheel("demo", "2")) ==
        "metadata-unavailable: its `demo-2.dist-info/METADATA` is that of another project or version");
  ZipBytes inner;
  inner.add("demo-1.dist-info/METADATA", metadata_text("evil", "1"));
  CHECK(refusal(inner.bytes()).rfind("metadata-disagrees", 0) == 0);
  ZipBytes two;
  two.add("demo-1.dist-info/METADATA", metadata_text("demo", "1"));
  two.add("evil-1.dist-info/METADATA", metadata_text("demo", "1"));
  CHECK(refusal(two.bytes()).rfind("metadata-unavailable: it holds both", 0) == 0);
  ZipBytes bomb;
  bomb.add_deflated("demo-1.dist-info/METADATA", metadata_text("demo", "1") + std::string(20 << 20, 'x'));
  CHECK(refusal(bomb.bytes()).find("more than is taken") != std::string::npos);
  CHECK(refusal(wheel("demo", "1")) == "taken");
  CHECK(refusal(wheel("Demo", "1.0")) == "taken");
}

TEST_CASE_METHOD(IndexFixture, "a source distribution counts when its metadata says that it is final") {
  const auto sdist = [](const std::string& text) {
    TarBytes tar;
    tar.add("demo-1/setup.py", "raise SystemExit('never run')");
    tar.add("demo-1/PKG-INFO", text);
    return gzip(tar.bytes());
  };
  const auto outcome = [&](const std::string& text, const std::string& file = "demo-1.tar.gz") {
    settings.max_age_seconds = 0;
    std::filesystem::remove_all(folder.path() / "cache");
    serve_project("demo", {{file, sdist(text), ""}});
    const FoundMetadata found = metadata(project("demo"), "1");
    return found.failure ? found.failure->code : has_needs(found) ? std::string("taken") : std::string("empty");
  };
  CHECK(outcome(metadata_text("demo", "1", kNeeds)) == "taken");
  CHECK(outcome("Metadata-Version: 2.1\nName: demo\nVersion: 1\n") == "sdist-needs-build");
  CHECK(outcome("Metadata-Version: 1.2\nName: demo\nVersion: 1\n") == "sdist-needs-build");
  CHECK(outcome("Metadata-Version: 3.0\nName: demo\nVersion: 1\nRequires-Dist: six\n") == "taken");
  CHECK(outcome(metadata_text("demo", "1", "Dynamic: Requires-Dist\n")) == "sdist-needs-build");
  CHECK(outcome(metadata_text("demo", "1", kNeeds + "Dynamic: Description\n")) == "taken");
  CHECK(outcome(metadata_text("evil", "1")) == "metadata-disagrees");
  CHECK(outcome("no metadata") == "metadata-invalid");
  CHECK(outcome(metadata_text("demo", "1"), "demo-1.tar.bz2") == "sdist-needs-build");
  CHECK(outcome(metadata_text("demo", "1"), "demo-1.zip") == "metadata-unavailable");  // it is no zip
  const std::string dynamic = metadata_text("demo", "1", "Dynamic: Requires-Dist\n");
  serve_project("demo", {{"demo-1.tar.gz", "not looked at", announced(dynamic)}});
  server.serve("/files/demo-1.tar.gz.metadata", dynamic);
  CHECK(failure_code(metadata(project("demo"), "1").failure) == "sdist-needs-build");
  ZipBytes zip;
  zip.add("demo-1/PKG-INFO", metadata_text("demo", "1", kNeeds));
  zip.add("demo-1/demo.egg-info/PKG-INFO", "a second one, deeper");
  serve_project("demo", {{"demo-1.zip", zip.bytes(), ""}});
  std::filesystem::remove_all(folder.path() / "cache");
  CHECK(has_needs(metadata(project("demo"), "1")));
}

TEST_CASE_METHOD(IndexFixture, "a server that does not answer for a file is told with its host") {
  const std::string text = metadata_text("demo", "1");
  serve_project("demo", {{"demo-1-py3-none-any.whl", wheel("demo", "1"), announced(text)},
                         {"demo-2-py3-none-any.whl", wheel("demo", "2"), ""}});
  const FoundProject found = project("demo");
  server.handle([](const HttpRequest&) {
    HttpAnswer answer;
    answer.status = 503;
    return answer;
  });
  for (const std::size_t file : {0, 1}) {
    const FoundMetadata got = metadata(found, "1", file);
    CHECK(failure_code(got.failure) == "index-unreachable");
    CHECK(got.failure->what.rfind("`127.0.0.1` did not give the metadata of", 0) == 0);
  }
  options.offline = true;
  CHECK(failure_code(metadata(found, "1").failure) == "offline-miss");
}

TEST_CASE_METHOD(IndexFixture, "metadata that is announced and not there is read from the wheel") {
  serve_project("demo", {{"demo-1-py3-none-any.whl", wheel("demo", "1", kNeeds), announced("x")}});
  CHECK(has_needs(metadata(project("demo"), "1")));
}

TEST_CASE_METHOD(IndexFixture, "results come in order, whatever way each took") {
  std::vector<pypi::MetadataWanted> wanted;
  const std::string text = metadata_text("three", "1");
  serve_project("one", {{"one-1-py3-none-any.whl", wheel("one", "1"), ""}});
  serve_project("two", {{"two-1-py3-none-any.whl", "broken", ""}});
  serve_project("three", {{"three-1-py3-none-any.whl", "x", announced(text)}});
  server.serve("/files/three-1-py3-none-any.whl.metadata", text);
  for (const std::string name : {"one", "two", "three", "one"}) {
    const FoundProject found = project(name);
    wanted.push_back({name, "1", found.index, found.page.files[0]});
  }
  const std::vector<FoundMetadata> found = client().metadata(wanted);
  REQUIRE(found.size() == 4);
  CHECK(found[0].metadata->name == "one");
  CHECK(failure_code(found[1].failure) == "metadata-unavailable");
  CHECK(found[2].metadata->name == "three");
  CHECK(found[3].metadata->name == "one");
}
