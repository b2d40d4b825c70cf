// Projects, from one index, several, mirrors and folders.
#include <fstream>

#include "index_fixture.h"
#include "support/catch.h"
#include "transports.h"

using namespace envlock;
using namespace envlock_test;
using pypi::FoundProject;
using State = pypi::FoundProject::State;

TEST_CASE_METHOD(IndexFixture, "projects are found, absent ones are told, JSON is asked for first") {
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", ""}});
  const std::vector<FoundProject> found = client().projects({"demo", "nothing"});
  REQUIRE(found.size() == 2);
  CHECK(found[0].state == State::found);
  CHECK(found[0].index == server.url("/simple"));
  CHECK(found[0].page.files.at(0).url == server.url("/files/demo-1-py3-none-any.whl"));
  CHECK(found[0].also_on.empty());
  CHECK(found[1].state == State::absent);
  CHECK(found[1].page.name == "nothing");
  CHECK(server.requests()[0].header("accept").rfind("application/vnd.pypi.simple.v1+json,", 0) == 0);
}

TEST_CASE_METHOD(IndexFixture, "a page is asked for once in its time, and read from its compact form") {
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", R"(, "requires-python": ">=3.8", "yanked": "bad")"},
                         {"demo-2.tar.gz", "y", R"(, "size": 1, "core-metadata": true)"}});
  const FoundProject first = project("demo");
  const FoundProject again = project("demo");
  CHECK(count("/simple/demo/") == 1);
  CHECK(again.page == first.page);
  settings.cache.clear();  // without the compact form: from the cached page
  CHECK(project("demo").page == first.page);
  CHECK(count("/simple/demo/") == 1);
  settings.max_age_seconds = 0;
  CHECK(project("demo").page == first.page);
  CHECK(count("/simple/demo/") == 2);
}

TEST_CASE_METHOD(IndexFixture, "of wheels that fit nowhere one a version is read from the compact form") {
  const std::vector<std::string> names{"demo-1-cp311-cp311-win_amd64.whl",    "demo-1-cp312-cp312-win_amd64.whl",
                                       "demo-1-cp312-cp312-linux_x86_64.whl", "demo-1.tar.gz",
                                       "demo-2-cp311-cp311-win_amd64.whl",    "demo-2-cp312-cp312-win_amd64.whl"};
  std::vector<File> files;
  for (const std::string& name : names) files.push_back({name, name, R"(, "requires-python": ">=3.8")"});
  serve_project("demo", files);
  const FoundProject whole = project("demo");
  CHECK(whole.page.files.size() == names.size());
  settings.fits = [](const pypi::WheelName& wheel) {
    return wheel.platforms == std::vector<std::string>{"linux_x86_64"};
  };
  const FoundProject part = project("demo");
  CHECK(count("/simple/demo/") == 1);
  const auto& all = whole.page.files;
  CHECK(part.page.files == std::vector<pypi::IndexFile>{all[0], all[2], all[3], all[4]});
}

TEST_CASE_METHOD(IndexFixture, "a page that changed is not read from the old compact form") {
  settings.max_age_seconds = 0;
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", ""}});
  CHECK(project("demo").page.files.size() == 1);
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", ""}, {"demo-2-py3-none-any.whl", "y", ""}});
  CHECK(project("demo").page.files.size() == 2);
}

TEST_CASE_METHOD(IndexFixture, "damage to the cache is noticed and costs a new fetch at most") {
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", ""}});
  const FoundProject first = project("demo");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path() / "cache")) {
    if (!entry.is_regular_file() || entry.path().string().find("/urls/") != std::string::npos) continue;
    std::string bytes = core::read_file(entry.path());
    if (bytes.size() < 60) continue;
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    std::ofstream(entry.path(), std::ios::binary) << bytes;
  }
  CHECK(project("demo").page == first.page);
  CHECK(count("/simple/demo/") == 2);
}

TEST_CASE_METHOD(IndexFixture, "of several indexes the first that has the name is taken, and the others are told") {
  settings.indexes.push_back(pypi::make_index_location(server.url("/second/simple")));
  serve_project("both", {{"both-1-py3-none-any.whl", "one", ""}});
  serve_project("both", {{"both-9-py3-none-any.whl", "two", ""}}, "/second");
  serve_project("mine", {{"mine-1-py3-none-any.whl", "x", ""}}, "/second");
  serve_project("hollow", {{"hollow-1-py3-none-any.whl", "x", ""}});
  serve_project("hollow", {}, "/second");
  const std::vector<FoundProject> found = client().projects({"both", "mine", "hollow"});
  CHECK(found[0].index == server.url("/simple"));
  CHECK(found[0].page.files.at(0).file_name == "both-1-py3-none-any.whl");
  CHECK(found[0].also_on == std::vector<std::string>{server.url("/second/simple")});
  CHECK(found[1].index == server.url("/second/simple"));
  CHECK(found[1].also_on.empty());
  CHECK(found[2].also_on.empty());  // an index that lists no file has not the name

  settings.pinned["both"] = server.url("/second/simple");
  const FoundProject pinned = project("both");
  CHECK(pinned.page.files.at(0).file_name == "both-9-py3-none-any.whl");
  CHECK(pinned.also_on.empty());
}

TEST_CASE_METHOD(IndexFixture, "an index that fails is no index without the name") {
  settings.indexes.push_back(pypi::make_index_location(server.url("/second/simple")));
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", ""}}, "/second");
  int status = 500;
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer = server.file(request);
    if (request.target.rfind("/simple/", 0) == 0) answer.status = status;
    return answer;
  });
  for (const int each : {500, 503, 403, 401, 429}) {
    status = each;
    const FoundProject found = project("demo");
    INFO(each);
    CHECK(found.state == State::failed);
    CHECK(failure_code(found.failure) == "index-unreachable");
    CHECK(found.failure->what == "`127.0.0.1` did not give the page of `demo`");
  }
  for (const int each : {404, 410}) {
    status = each;
    CHECK(project("demo").state == State::found);
  }
}

TEST_CASE_METHOD(IndexFixture, "a later index that fails is a warning, once") {
  settings.indexes.push_back(pypi::make_index_location(server.url("/second/simple")));
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", ""}});
  serve_project("other", {{"other-1-py3-none-any.whl", "x", ""}});
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer = server.file(request);
    if (request.target.rfind("/second/", 0) == 0) answer.status = 500;
    return answer;
  });
  const std::vector<FoundProject> found = client().projects({"demo", "other"});
  CHECK(found[0].state == State::found);
  CHECK(found[1].state == State::found);
  REQUIRE(notes.all().size() == 1);
  CHECK(notes.all()[0].severity == core::Severity::warning);
  CHECK(notes.all()[0].diagnostic.code == "index-not-asked");
}

TEST_CASE_METHOD(IndexFixture, "HTML is understood where JSON is not to be had, a page to sign in is not") {
  server.serve("/simple/demo/",
               "<a href='../../files/demo-1-py3-none-any.whl#sha256=" + std::string(64, 'a') + "'>x</a>");
  CHECK(project("demo").page.files.at(0).url == server.url("/files/demo-1-py3-none-any.whl"));
  server.serve("/simple/locked/", "<html><form action=/login><input type=password></form></html>");
  const FoundProject locked = project("locked");
  CHECK(locked.state == State::failed);
  CHECK(failure_code(locked.failure) == "index-page-invalid");
  CHECK(locked.failure->hints.front().find("sign in") != std::string::npos);
  serve_project("locked", {{"locked-1-py3-none-any.whl", "x", ""}});  // and it is not remembered
  CHECK(project("locked").state == State::found);
}

TEST_CASE_METHOD(IndexFixture, "a page without a word is none, and is not remembered") {
  server.serve("/simple/demo/", " \n");
  const FoundProject empty = project("demo");
  CHECK(failure_code(empty.failure) == "index-page-invalid");
  CHECK(empty.failure->what == "the page of `demo` is empty");
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", ""}});
  CHECK(project("demo").state == State::found);
}

TEST_CASE_METHOD(IndexFixture, "the page of another project, or of a version to come, is refused") {
  server.serve("/simple/demo/", page("evil", {}));
  CHECK(failure_code(project("demo").failure) == "index-page-invalid");
  server.serve("/simple/demo/", R"({"meta": {"api-version": "2.0"}, "name": "demo", "files": []})");
  settings.max_age_seconds = 0;
  CHECK(failure_code(project("demo").failure) == "index-page-invalid");
}

TEST_CASE_METHOD(IndexFixture,
                 "relative links start where redirects led, and credentials do not follow to another host") {
  serve_project("demo", {{"demo-1-py3-none-any.whl", "x", ""}}, "/moved");
  HttpServer other;
  other.serve("/simple/far/", page("far", {{"far-1-py3-none-any.whl", "x", ""}}));
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer = server.file(request);
    if (request.target == "/simple/demo/") {
      answer.status = 301;
      answer.headers = {{"Location", "/moved/simple/demo/"}};
    } else if (request.target == "/simple/far/") {
      answer.status = 302;
      answer.headers = {{"Location", "http://localhost:" + other.host().substr(10) + "/simple/far/"}};
    }
    return answer;
  });
  settings.indexes = {pypi::make_index_location("http://ann:secret@" + server.host() + "/simple")};
  CHECK(project("demo").page.files.at(0).url == server.url("/moved/files/demo-1-py3-none-any.whl"));
  CHECK(server.requests().back().header("authorization").rfind("Basic ", 0) == 0);
  CHECK(project("far").state == State::found);
  REQUIRE(other.requests().size() == 1);
  CHECK(other.requests()[0].header("authorization").empty());
}

TEST_CASE_METHOD(IndexFixture,
                 "credentials come from the address or the environment, and reach no message, file or result") {
  const std::string token = "Basic YW5uOnMlY3JldEA=";  // ann:s%cret@
  serve_project("demo", {{"demo-1-py3-none-any.whl", wheel("demo", "1"), ""}});
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer = server.file(request);
    if (request.header("authorization") != token) {
      answer = {};
      answer.status = 401;
      answer.headers = {{"WWW-Authenticate", "Basic realm=x"}};
    }
    return answer;
  });
  const FoundProject refused = project("demo");
  CHECK(failure_code(refused.failure) == "index-unreachable");
  CHECK(all_text(*refused.failure).find("ENVLOCK_INDEX_HOST_USERNAME") != std::string::npos);
  CHECK(core::without_secrets(all_text(*refused.failure)) == all_text(*refused.failure));  // its advice can be read

  setenv("ENVLOCK_INDEX_127_0_0_1_USERNAME", "ann", 1);
  setenv("ENVLOCK_INDEX_127_0_0_1_PASSWORD", "s%cret@", 1);
  const FoundProject found = project("demo");
  REQUIRE(found.state == State::found);
  CHECK(found.index == server.url("/simple"));
  CHECK(metadata(found, "1").metadata);  // its files are on the same host
  unsetenv("ENVLOCK_INDEX_127_0_0_1_USERNAME");

  settings.indexes = {pypi::make_index_location("http://ann:s%25cret%40@" + server.host() + "/simple/")};
  settings.max_age_seconds = 0;
  CHECK(settings.indexes[0].base == server.url("/simple"));
  CHECK(project("demo").state == State::found);
  server.handle([](const HttpRequest&) {
    HttpAnswer answer;
    answer.status = 500;
    return answer;
  });
  const std::string text = all_text(*project("demo").failure);
  CHECK(text.find("cret") == std::string::npos);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path() / "cache")) {
    if (entry.is_regular_file()) CHECK(core::read_file(entry.path()).find("cret") == std::string::npos);
  }
}

TEST_CASE_METHOD(IndexFixture, "mirrors are transport: what is found has the index's own addresses") {
  HttpServer mirror;
  const std::string bytes = wheel("demo", "1");
  mirror.serve("/pypi/web/simple/demo/", page("demo", {{"demo-1-py3-none-any.whl", bytes, ""}}));
  mirror.serve("/pypi/web/files/demo-1-py3-none-any.whl", bytes);
  settings.indexes[0].urls = {mirror.url("/pypi/web/simple"), server.url("/simple")};
  const FoundProject found = project("demo");
  CHECK(found.index == server.url("/simple"));
  // "../../files" of /pypi/web/simple/demo/
  CHECK(found.page.files.at(0).url == server.url("/files/demo-1-py3-none-any.whl"));
  CHECK(metadata(found, "1").metadata);
  CHECK(count("/simple/demo/") + count("/files/demo-1-py3-none-any.whl") == 0);
  CHECK(pypi::file_urls(settings, found.index, found.page.files[0].url) ==
        std::vector<std::string>{mirror.url("/pypi/web/files/demo-1-py3-none-any.whl"),
                                 server.url("/files/demo-1-py3-none-any.whl")});
}

TEST_CASE("a mirror of the public index leads to the public files, where it names them as that does") {
  pypi::IndexSettings settings;
  settings.indexes = {{pypi::kDefaultIndex, {"https://mirror.example/pypi/web/simple"}}};
  const pypi::Transports transports(settings);
  const auto canonical = [&](const std::string& url) { return transports.canonical(settings.indexes[0], url); };
  const std::string path = "packages/0a/1b/" + std::string(60, 'c') + "/demo-1.zip";
  CHECK(canonical("https://mirror.example/pypi/web/" + path) == "https://files.pythonhosted.org/" + path);
  CHECK(canonical("https://mirror.example/pypi/web/packages/" + path) == "https://files.pythonhosted.org/" + path);
  CHECK(canonical("https://mirror.example/pypi/web/packages/demo/1/demo-1.zip") ==
        "https://mirror.example/pypi/web/packages/demo/1/demo-1.zip");
  CHECK(canonical("https://elsewhere.example/demo-1.zip") == "https://elsewhere.example/demo-1.zip");
  CHECK(transports.file_urls(pypi::kDefaultIndex, "https://files.pythonhosted.org/" + path) ==
        std::vector<std::string>{"https://mirror.example/pypi/web/" + path,
                                 "https://mirror.example/pypi/web/packages/" + path,
                                 "https://files.pythonhosted.org/" + path});
}

TEST_CASE("the variables for an index are named after its host, with or without its port") {
  std::map<std::string, std::string> environment = {{"ENVLOCK_INDEX_PY_EX_AMPLE_ORG_USERNAME", "a"},
                                                    {"ENVLOCK_INDEX_PY_EX_AMPLE_ORG_PASSWORD", "b/c"},
                                                    {"ENVLOCK_INDEX_PY_EX_AMPLE_ORG_8080_USERNAME", "d"}};
  const auto look_up = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(std::string(name));
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  const auto with = [&](const std::string& url) { return pypi::add_environment_credentials(url, look_up); };
  CHECK(with("https://py.ex-ample.org/simple") == "https://a:b%2Fc@py.ex-ample.org/simple");
  CHECK(with("https://py.ex-ample.org:8080/simple") == "https://d@py.ex-ample.org:8080/simple");
  CHECK(with("https://me:x@py.ex-ample.org/simple") == "https://me:x@py.ex-ample.org/simple");
  CHECK(with("https://other.org/simple") == "https://other.org/simple");
  CHECK(with("file:///srv/simple") == "file:///srv/simple");
}

TEST_CASE_METHOD(IndexFixture, "files of find-links stand beside those of the indexes") {
  serve_project("demo", {{"demo-1-py3-none-any.whl", "from the index", ""}});
  folder.write("links/demo-2-py3-none-any.whl", "two");
  folder.write("links/demo-1-py3-none-any.whl", "one");
  folder.write("links/only_here-3.tar.gz", "three");
  folder.write("links/notes.txt", "no distribution");
  server.serve("/flat.html", "<a href='files/flat-1-py3-none-any.whl#sha256=" + std::string(64, 'a') +
                                 "'>f</a> <a href='other-1.zip'>o</a>");
  settings.find_links = {(folder.path() / "links").string(), server.url("/flat.html")};
  const std::vector<FoundProject> found = client().projects({"demo", "only-here", "flat", "nothing"});
  REQUIRE(found[0].page.files.size() == 2);
  CHECK(found[0].index == server.url("/simple"));
  CHECK(found[0].page.files[0].sha256);  // the index's comes first, and its name counts once
  CHECK(found[0].page.files[1].file_name == "demo-2-py3-none-any.whl");
  CHECK(found[0].page.files[1].url == core::file_url((folder.path() / "links/demo-2-py3-none-any.whl").string()));
  CHECK(found[0].page.files[1].size == 3u);
  CHECK(found[1].state == State::found);
  CHECK(found[1].index.empty());
  CHECK(found[1].page.files.at(0).file_name == "only_here-3.tar.gz");
  CHECK(found[2].page.files.at(0).url == server.url("/files/flat-1-py3-none-any.whl"));
  CHECK(found[3].state == State::absent);

  settings.find_links = {(folder.path() / "nowhere").string()};
  CHECK(failure_code(project("demo").failure) == "find-links-unreadable");
}

TEST_CASE_METHOD(IndexFixture, "an index may be a folder, and no index at all") {
  folder.write("tree/simple/demo/index.html", "<a href='../../files/demo-1-py3-none-any.whl'>x</a>");
  folder.write("tree/simple/json/index.json", page("json", {{"json-1-py3-none-any.whl", "x", ""}}));
  folder.write("tree/files/demo-1-py3-none-any.whl", wheel("demo", "1", "Requires-Dist: six\n"));
  settings.indexes = {pypi::make_index_location((folder.path() / "tree/simple").string())};
  CHECK(settings.indexes[0].base == core::file_url((folder.path() / "tree/simple").string()));
  const FoundProject found = project("demo");
  REQUIRE(found.state == State::found);
  CHECK(metadata(found, "1").metadata->requires_dist == std::vector<std::string>{"six"});
  CHECK(project("json").state == State::found);
  CHECK(project("nothing").state == State::absent);
  settings.indexes.clear();
  CHECK(project("demo").state == State::absent);
}

TEST_CASE_METHOD(IndexFixture, "offline the copy is used whatever its age, and what is missing is named") {
  serve_project("demo", {{"demo-1-py3-none-any.whl", wheel("demo", "1"), ""}});
  settings.max_age_seconds = 0;
  CHECK(metadata(project("demo"), "1").metadata);
  options.offline = true;
  const FoundProject found = project("demo");
  CHECK(found.state == State::found);
  CHECK(metadata(found, "1").metadata);
  const FoundProject missing = project("other");
  CHECK(missing.state == State::failed);
  CHECK(failure_code(missing.failure) == "offline-miss");
  CHECK(missing.failure->what == "the page of `other` is not in the cache, and the network may not be used");
}

TEST_CASE_METHOD(IndexFixture, "that an index has not a name is known for a while, and offline for ever") {
  settings.indexes.push_back(pypi::make_index_location(server.url("/second/simple")));
  serve_project("mine", {{"mine-1-py3-none-any.whl", "x", ""}}, "/second");
  CHECK(project("mine").index == server.url("/second/simple"));
  CHECK(project("mine").index == server.url("/second/simple"));
  CHECK(count("/simple/mine/") == 1);
  options.offline = true;
  settings.max_age_seconds = 0;
  CHECK(project("mine").index == server.url("/second/simple"));
  CHECK(failure_code(project("never-asked").failure) == "offline-miss");
  options.offline = false;
  serve_project("mine", {{"mine-2-py3-none-any.whl", "x", ""}});
  CHECK(project("mine").index == server.url("/simple"));
}

TEST_CASE_METHOD(IndexFixture, "files that are left out are told each time") {
  server.serve("/simple/demo/", R"({"meta": {"api-version": "1.0"}, "name": "demo", "files": [{"filename": "../x"}]})");
  project("demo");
  CHECK(notes.all().size() == 1);
  notes = {};
  project("demo");
  CHECK(notes.all().size() == 1);
}
