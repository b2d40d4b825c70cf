// Pages of indexes, in JSON and HTML, good and bad.
#include "envlock/pypi/project.h"

#include "support/catch.h"

using namespace envlock;
using pypi::IndexFile;
using pypi::ProjectPage;

namespace {

const std::string kUrl = "https://index.example/simple/demo/";
const std::string kHash(64, 'a');

std::string json(const std::string& files, const std::string& more = "") {
  return R"({"meta": {"api-version": "1.1"}, "name": "Demo", )" + more + R"("files": [)" + files + "]}";
}
std::string json_file(const std::string& name, const std::string& more = "") {
  return R"({"filename": ")" + name + R"(", "url": "../../files/)" + name + R"(", "hashes": {"sha256": ")" + kHash +
         R"("})" + more + "}";
}
ProjectPage from_json(const std::string& text, core::Notes& notes) {
  return pypi::parse_project_json(text, kUrl, "demo", notes);
}
ProjectPage from_json(const std::string& text) {
  core::Notes notes;
  ProjectPage page = from_json(text, notes);
  CHECK(notes.all().empty());
  return page;
}
ProjectPage from_html(const std::string& text, core::Notes& notes) {
  return pypi::parse_project_html(text, kUrl, "demo", notes);
}
ProjectPage from_html(const std::string& text) {
  core::Notes notes;
  ProjectPage page = from_html(text, notes);
  CHECK(notes.all().empty());
  return page;
}
/// Why the page is refused.
template <typename Parse>
std::string refusal(Parse parse) {
  try {
    parse();
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().code == "index-page-invalid");
    return error.diagnostics().front().why.front();
  }
  return "taken";
}
std::string json_refusal(const std::string& text) {
  return refusal([&] { from_json(text); });
}
std::string html_refusal(const std::string& text) {
  return refusal([&] { from_html(text); });
}

}  // namespace

TEST_CASE("a JSON page gives all that is said of a file") {
  const std::string more = R"(, "requires-python": ">=3.8", "size": 1234, "upload-time": "2024-05-06T07:08:09.123456Z",
    "yanked": "broken \"metadata\"", "core-metadata": {"sha256": ")" +
                           std::string(64, 'b') + R"("}, "gpg-sig": false,
    "provenance": null, "unknown": {"a": [1, {"b": 2}]})";
  const ProjectPage page = from_json(json(json_file("demo-1.0-py3-none-any.whl", more)));
  CHECK(page.name == "demo");
  REQUIRE(page.files.size() == 1);
  const IndexFile& file = page.files[0];
  CHECK(file.file_name == "demo-1.0-py3-none-any.whl");
  CHECK(file.url == "https://index.example/files/demo-1.0-py3-none-any.whl");
  CHECK(core::format(*file.sha256) == kHash);
  CHECK(file.requires_python == ">=3.8");
  CHECK(file.size == 1234u);
  CHECK(core::format_time(*file.upload_time) == "2024-05-06T07:08:09.123Z");
  CHECK(file.yanked);
  CHECK(file.yanked_reason == "broken \"metadata\"");
  CHECK(file.has_metadata);
  CHECK(core::format(*file.metadata_sha256) == std::string(64, 'b'));
}

TEST_CASE("what a JSON page does not say is absent") {
  const ProjectPage page = from_json(json(
      R"({"filename": "demo-1.tar.gz", "url": "https://f.example/demo-1.tar.gz#sha256=x", "hashes": {},
          "requires-python": null, "yanked": false, "core-metadata": false, "dist-info-metadata": true, "size": null})"));
  REQUIRE(page.files.size() == 1);
  IndexFile expected;
  expected.file_name = "demo-1.tar.gz";
  expected.url = "https://f.example/demo-1.tar.gz";
  CHECK(page.files[0] == expected);
  CHECK(page.status.empty());
}

TEST_CASE("the older names of the metadata member count when the newer is not there") {
  for (const char* member : {"core-metadata", "dist-info-metadata", "data-dist-info-metadata"}) {
    const ProjectPage page =
        from_json(json(json_file("demo-1-py3-none-any.whl", std::string(", \"") + member + "\": true")));
    CHECK(page.files[0].has_metadata);
    CHECK_FALSE(page.files[0].metadata_sha256);
  }
}

TEST_CASE("an empty reason for a yank is none in JSON, and a yank without reason in HTML") {
  CHECK_FALSE(from_json(json(json_file("demo-1.zip", R"(, "yanked": "")"))).files[0].yanked);
  CHECK(from_json(json(json_file("demo-1.zip", R"(, "yanked": true)"))).files[0].yanked);
  CHECK(from_html("<a href='demo-1.zip' data-yanked>x</a>").files[0].yanked);
  CHECK_FALSE(from_html("<a href='demo-1.zip'>x</a>").files[0].yanked);
}

TEST_CASE("the status of a project is told") {
  const std::string status = R"("project-status": {"status": "archived", "reason": "moved"}, )";
  CHECK(from_json(json("", status)).status == "archived");
  CHECK(from_json(json("", status)).status_reason == "moved");
  CHECK(from_json(json("", R"("project-status": {"status": "sleepy"}, )")).status.empty());
  const ProjectPage page = from_html(
      "<meta name=pypi:project-status content=quarantined><meta name='pypi:project-status-reason' content='m&amp;m'>");
  CHECK(page.status == "quarantined");
  CHECK(page.status_reason == "m&m");
}

TEST_CASE("a file that cannot be understood is left out, with a note") {
  const std::vector<std::string> bad = {
      json_file("../demo-1.whl"),
      json_file("demo 1.whl"),
      json_file(""),
      json_file("demo-1.whl", R"(, "size": "large")"),
      json_file("demo-1.whl", R"(, "size": -1)"),
      json_file("demo-1.whl", R"(, "yanked": [])"),
      json_file("demo-1.whl", R"(, "requires-python": 3)"),
      json_file("demo-1.whl", R"(, "hashes": {"sha256": "short"})"),
      json_file("demo-1.whl", R"(, "core-metadata": {"sha256": 1})"),
      json_file("demo-1.whl", R"(, "url": "file:///etc/passwd")"),
      json_file("demo-1.whl", R"(, "url": "javascript:alert(1)//x")"),
      json_file("demo-1.whl", R"(, "url": "")"),
      json_file("demo-1.whl", R"(, "url": "https://a b/")"),
      R"({"filename": "demo-1.whl", "hashes": {}, "url": "http://f.example/demo-1.whl"})",  // https page, no hash
      R"("demo-1.whl")",
      "null",
  };
  for (const std::string& file : bad) {
    INFO(file);
    core::Notes notes;
    const ProjectPage page = from_json(json(file + ", " + json_file("demo-2.zip")), notes);
    REQUIRE(page.files.size() == 1);
    CHECK(page.files[0].file_name == "demo-2.zip");
    REQUIRE(notes.all().size() == 1);
    CHECK(notes.all()[0].diagnostic.code == "index-file-ignored");
  }
  core::Notes notes;
  std::string many;
  for (int i = 0; i < 10; ++i) many += json_file("bad/" + std::to_string(i)) + ",";
  from_json(json(many + json_file("demo-2.zip")), notes);
  CHECK(notes.all()[0].diagnostic.what == "10 files of `demo` could not be understood and were left out");
  CHECK(notes.all()[0].diagnostic.why.size() == 4);
}

TEST_CASE("a file name that stands twice counts once, the first") {
  const ProjectPage page = from_json(json(json_file("demo-1.zip", R"(, "size": 1)") + "," + json_file("demo-2.zip") +
                                          "," + json_file("demo-1.zip", R"(, "size": 2)")));
  REQUIRE(page.files.size() == 2);
  CHECK(page.files[0].size == 1u);
  CHECK(page.files[1].file_name == "demo-2.zip");
}

TEST_CASE("JSON that is no page is refused with what is wrong") {
  CHECK(json_refusal("") != "taken");
  CHECK(json_refusal("{") != "taken");
  CHECK(json_refusal("[]") == "it is no JSON object");
  CHECK(json_refusal("null") != "taken");
  CHECK(json_refusal("{}") == "it lacks `meta` with `api-version`");
  CHECK(json_refusal(json(json_file("demo-1.zip")) + "x") != "taken");
  CHECK(json_refusal(json(json_file("demo-1.zip")).substr(0, 150)) != "taken");
  CHECK(json_refusal(R"({"meta": {"api-version": "2.0"}, "name": "demo", "files": []})") ==
        "its version is 2.0; 1.x can be read");
  CHECK(json_refusal(R"({"meta": {"api-version": 1}, "name": "demo", "files": []})") ==
        "its `api-version` is not what it may be");
  CHECK(json_refusal(R"({"meta": {"api-version": "1.0"}, "name": "demo"})") == "it lacks `files`");
  CHECK(json_refusal(R"({"meta": {"api-version": "1.0"}, "name": "demo", "files": {}})") ==
        "its `files` is not what it may be");
  CHECK(json_refusal(R"({"meta": {"api-version": "1.0"}, "name": "evil", "files": []})") == "it is the page of `evil`");
  CHECK(json_refusal(R"({"meta": {"api-version": "1.0"}, "files": []})") == "it is the page of ``");
  CHECK(json_refusal(std::string(100'000, '[')) != "taken");
  CHECK(json_refusal("{\"meta\": {\"api-version\": \"1.0\"}, \"name\": \"d\xff\"}") != "taken");
}

TEST_CASE("credentials in a file's address are not kept") {
  const ProjectPage page =
      from_json(json(json_file("demo-1.zip", R"(, "url": "https://ann:secret@f.example/demo-1.zip")")));
  CHECK(page.files[0].url == "https://f.example/demo-1.zip");
}

TEST_CASE("an HTML page gives all that is said of a file") {
  const std::string html = R"(<!DOCTYPE html>
<html><head><meta name="pypi:repository-version" content="1.0"><title>Links for <a href="x.whl"></title></head>
<body><!-- <a href="hidden-1.whl">no</a> --><script>"<a href='script-1.whl'>"</script><h1>Links</h1>
<A
  HREF="../../files/demo-1.0%2Bcu1-py3-none-any.whl#sha256=)" +
                           kHash + R"("
  data-requires-python="&gt;=3.8,&#60;4" data-yanked="it&#x27;s broken"
  data-dist-info-metadata="sha256=)" +
                           std::string(64, 'b') + R"(">demo</A><br/>
<a href=https://f.example/demo-2.tar.gz data-core-metadata=true data-dist-info-metadata='sha256=junk'>demo-2.tar.gz</a>
<a href="../">up</a> <a name="anchor">none</a>
</body></html>)";
  const ProjectPage page = from_html(html);
  REQUIRE(page.files.size() == 2);
  const IndexFile& file = page.files[0];
  CHECK(file.file_name == "demo-1.0+cu1-py3-none-any.whl");
  CHECK(file.url == "https://index.example/files/demo-1.0%2Bcu1-py3-none-any.whl");
  CHECK(core::format(*file.sha256) == kHash);
  CHECK(file.requires_python == ">=3.8,<4");
  CHECK(file.yanked);
  CHECK(file.yanked_reason == "it's broken");
  CHECK(file.has_metadata);
  CHECK(core::format(*file.metadata_sha256) == std::string(64, 'b'));
  CHECK(page.files[1].file_name == "demo-2.tar.gz");
  CHECK_FALSE(page.files[1].sha256);
  CHECK(page.files[1].has_metadata);
  CHECK_FALSE(page.files[1].metadata_sha256);
}

TEST_CASE("relative links of HTML start at <base>, else at the page") {
  CHECK(from_html("<base href='/top/sub/'><a href='demo-1.zip'>").files[0].url ==
        "https://index.example/top/sub/demo-1.zip");
  CHECK(from_html("<base href='https://o.example/x/page.html'><base href='/no/'><a href='demo-1.zip'>").files[0].url ==
        "https://o.example/x/demo-1.zip");
  CHECK(from_html("<a href='demo-1.zip'>").files[0].url == "https://index.example/simple/demo/demo-1.zip");
  CHECK(from_html("<a href='//f.example/demo-1.zip'>").files[0].url == "https://f.example/demo-1.zip");
  core::Notes notes;
  CHECK(pypi::parse_project_html("<a href=demo-1.zip>", "https://i.example/demo.html", "demo", notes).files[0].url ==
        "https://i.example/demo-1.zip");
  CHECK(pypi::parse_project_html("<a href=demo-1.zip>", "file:///srv/demo/index.html", "demo", notes).files[0].url ==
        "file:///srv/demo/demo-1.zip");
}

TEST_CASE("HTML that is no index page is refused, an empty page is not") {
  CHECK(html_refusal("Service unavailable") == "it is neither JSON nor HTML");
  CHECK(html_refusal("<html><form action=/login><input name=password></form></html>") ==
        "it is a page of HTML without a single file");
  CHECK(html_refusal("<html><a href=/login>Sign in</a><a href=/help.html>Help</a></html>") ==
        "it is a page of HTML without a single file");
  CHECK(html_refusal("<meta name=pypi:repository-version content=2.0>") == "its version is 2.0; 1.x can be read");
  CHECK(from_html("<!DOCTYPE html><html><body><h1>Links for demo</h1></body></html>").files.empty());
  CHECK(from_html("").files.empty());
}

TEST_CASE("HTML of a hash that is none leaves the file out") {
  core::Notes notes;
  const ProjectPage page = from_html("<a href='demo-1.zip#sha256=xyz'></a><a href='demo-2.zip#md5=1'></a>", notes);
  REQUIRE(page.files.size() == 1);
  CHECK(page.files[0].file_name == "demo-2.zip");
  CHECK(notes.all().size() == 1);
}

TEST_CASE("broken HTML is read to its end, and in time that grows with its length") {
  for (const char* text : {"<", "<a", "<a ", "<a href", "<a href=", "<a href='", "<a href=\"x", "<!--", "<!-", "</",
                           "<?", "<script>", "<title></titl", "<a =x>", "<a href=a href=b", "&#",
                           "<a href='&#99999999999;'>", "<a href='&#xd800;&#0;&lt&bogus;'>"}) {
    core::Notes notes;
    try {
      from_html(text, notes);
    } catch (const core::Error&) {  // NOLINT
    }
  }
  const std::size_t size = 4'000'000;
  for (const std::string piece :
       {"<a href=", "<!--", "<script>", "<a b", "&", "<a href='&", "</", "<a x=1 ", "<title"}) {
    std::string text;
    while (text.size() < size) text += piece;
    core::Notes notes;
    try {
      from_html(text, notes);
    } catch (const core::Error&) {  // NOLINT
    }
  }
}

TEST_CASE("a listing of thirty thousand files is taken in either form, alike") {
  std::string files, anchors;
  for (int i = 0; i < 30'000; ++i) {
    const std::string name = "demo-1." + std::to_string(i) + "-py3-none-any.whl";
    files += (i == 0 ? "" : ",") + json_file(name, R"(, "requires-python": ">=3.8", "core-metadata": true)");
    anchors += "<a href=\"../../files/" + name + "#sha256=" + kHash +
               "\" data-requires-python=\"&gt;=3.8\" data-core-metadata=\"true\">" + name + "</a><br>\n";
  }
  const ProjectPage one = from_json(json(files));
  CHECK(one.files.size() == 30'000);
  CHECK(one == from_html("<!DOCTYPE html><body>" + anchors + "</body>"));
}
