#include "envlock/fetch/fetcher.h"

#include <thread>

#include "fixture.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock_test;
using fetch::Caching;
using fetch::Status;

TEST_CASE_METHOD(FetchFixture, "a file is fetched, kept, and asked for again with its ETag") {
  server.serve("/repodata.json", "first");
  const fetch::Fetched first = fetch(download("/repodata.json"));
  REQUIRE(first.status == Status::ok);
  CHECK(bytes_of(first) == "first");
  CHECK(!first.from_cache);
  CHECK(first.served_by == server.url("/repodata.json"));
  CHECK(first.content_key == "sha256-" + core::format(core::sha256("first")));

  const fetch::Fetched again = fetch(download("/repodata.json"));
  REQUIRE(again.status == Status::ok);
  CHECK(again.from_cache);
  CHECK(again.path == first.path);
  CHECK(server.requests().back().header("if-none-match") == "\"one\"");

  server.serve("/repodata.json", "second", "\"two\"");
  const fetch::Fetched changed = fetch(download("/repodata.json"));
  CHECK(bytes_of(changed) == "second");
  CHECK(!changed.from_cache);
  CHECK(changed.content_key != first.content_key);
  CHECK(bytes_of(first) == "first");  // whoever still reads the old one is not disturbed
}

TEST_CASE_METHOD(FetchFixture, "a server without ETag is asked by date") {
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    answer.headers = {{"Last-Modified", "Mon, 02 Mar 2026 10:00:00 GMT"}};
    answer.body = "dated";
    if (request.header("if-modified-since") == "Mon, 02 Mar 2026 10:00:00 GMT") answer.status = 304;
    return answer;
  });
  CHECK(bytes_of(fetch(download("/a"))) == "dated");
  CHECK(fetch(download("/a")).from_cache);
}

TEST_CASE_METHOD(FetchFixture, "an answer of 200 with the same bytes has the same content key") {
  server.serve("/a", "same", "");
  const fetch::Fetched first = fetch(download("/a"));
  const fetch::Fetched second = fetch(download("/a"));
  CHECK(!second.from_cache);
  CHECK(first.content_key == second.content_key);
  CHECK(first.path == second.path);
}

TEST_CASE_METHOD(FetchFixture, "a young copy is used without asking only as long as caller and server allow") {
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    answer.body = "x";
    if (request.target == "/short") answer.headers = {{"Cache-Control", "public, max-age=0"}};
    if (request.target == "/never") answer.headers = {{"Cache-Control", "no-store"}};
    if (request.target == "/long") answer.headers = {{"Cache-Control", "max-age=999999"}};
    return answer;
  });
  for (const std::string path : {"/short", "/never", "/long", "/silent"}) {
    fetch::Download wanted = download(path);
    wanted.max_age_seconds = 1000;
    fetch(wanted);
    fetch(wanted);
    CHECK(server.count(path) == (path == "/long" || path == "/silent" ? 1 : 2));
    wanted.max_age_seconds = 0;
    const std::size_t before = server.count(path);
    fetch(wanted);
    CHECK(server.count(path) == before + 1);
  }
}

TEST_CASE_METHOD(FetchFixture, "what never changes is not asked for twice, by hash or by name") {
  server.serve("/shard", "content");
  fetch::Download named = download("/shard");
  named.caching = Caching::immutable;
  fetch(named);
  CHECK(fetch(named).from_cache);
  CHECK(server.count("/shard") == 1);

  fetch::Download hashed = download("/elsewhere");
  hashed.caching = Caching::immutable;
  hashed.sha256 = core::sha256("content");
  const fetch::Fetched found = fetch(hashed);
  CHECK(found.status == Status::ok);  // the same content came under another name
  CHECK(server.count("/elsewhere") == 0);
}

TEST_CASE_METHOD(FetchFixture, "results come in the order of the downloads and connections are used again") {
  std::vector<fetch::Download> wanted;
  for (int i = 0; i < 200; ++i) {
    server.serve("/" + std::to_string(i), "body " + std::to_string(i));
    wanted.push_back(download("/" + std::to_string(i)));
  }
  options.parallel = 8;
  const std::unique_ptr<fetch::Fetcher> one = fetcher();
  const std::vector<fetch::Fetched> results = one->fetch(wanted);
  REQUIRE(results.size() == 200);
  for (int i = 0; i < 200; ++i) CHECK(bytes_of(results[static_cast<std::size_t>(i)]) == "body " + std::to_string(i));
  CHECK(server.connection_count() <= 8);
  const std::vector<fetch::Fetched> later = one->fetch({wanted[0], wanted[1]});
  CHECK(later[1].from_cache);
  CHECK(server.connection_count() <= 8);
}

TEST_CASE_METHOD(FetchFixture, "many threads share one fetcher and its limit") {
  for (int i = 0; i < 40; ++i) server.serve("/" + std::to_string(i), "body " + std::to_string(i));
  options.parallel = 4;
  const std::unique_ptr<fetch::Fetcher> shared = fetcher();
  std::vector<std::thread> threads;
  std::vector<int> good(6, 0);
  for (std::size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 3; ++round) {
        std::vector<fetch::Download> wanted;
        for (int i = 0; i < 40; ++i)
          wanted.push_back(download("/" + std::to_string((i + 7 * static_cast<int>(t)) % 40)));
        const std::vector<fetch::Fetched> results = shared->fetch(wanted);
        for (std::size_t i = 0; i < results.size(); ++i) {
          good[t] += bytes_of(results[i]) == "body " + wanted[i].urls[0].substr(server.url("/").size()) ? 1 : 0;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == std::vector<int>(6, 120));
  CHECK(server.connection_count() <= 4);
}

TEST_CASE_METHOD(FetchFixture, "a file that is nowhere is absent, which is no failure to tell") {
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    answer.status = std::stoi(request.target.substr(1));
    return answer;
  });
  for (const std::string status : {"404", "410", "403", "501"}) {
    const fetch::Fetched result = fetch(download("/" + status));
    CHECK(result.status == Status::not_found);
    CHECK(server.count("/" + status) == 1);
    REQUIRE(result.failure);
    CHECK(result.failure->code == "not-found");
  }
}

TEST_CASE_METHOD(FetchFixture, "mirrors are tried in order") {
  server.serve("/second/a", "from the second");
  server.serve("/third/a", "from the third");
  fetch::Download wanted = download("/first/a");
  wanted.urls.push_back(server.url("/second/a"));
  wanted.urls.push_back(server.url("/third/a"));
  const fetch::Fetched result = fetch(wanted);
  CHECK(bytes_of(result) == "from the second");
  CHECK(result.served_by == server.url("/second/a"));
  CHECK(server.count("/third/a") == 0);

  wanted.next_on_not_found = false;
  CHECK(fetch(wanted).status == Status::not_found);
}

TEST_CASE_METHOD(FetchFixture, "a mirror where nobody answers is asked by the first files only, not by each") {
  HttpServer dead([](const HttpRequest&) {
    HttpAnswer answer;
    answer.hang_before_headers = true;
    return answer;
  });
  std::vector<fetch::Download> wanted;
  for (int i = 0; i < 20; ++i) {
    server.serve("/" + std::to_string(i), "x");
    wanted.push_back(of(dead.url("/" + std::to_string(i))));
    wanted.back().urls.push_back(server.url("/" + std::to_string(i)));
  }
  options.parallel = 2;
  for (const fetch::Fetched& result : fetcher()->fetch(wanted)) CHECK(result.status == Status::ok);
  CHECK(dead.requests().size() <= 3);
}

TEST_CASE_METHOD(FetchFixture, "offline uses the copy of whatever age and says what is missing") {
  server.serve("/a", "kept");
  fetch(download("/a"));
  options.offline = true;
  CHECK(bytes_of(fetch(download("/a"))) == "kept");
  CHECK(server.requests().size() == 1);
  fetch::Download missing = download("/b?key=hidden");
  const fetch::Fetched result = fetch(missing);
  CHECK(result.status == Status::failed);
  REQUIRE(result.failure);
  CHECK(result.failure->code == "cache-miss");
  CHECK(all_text(*result.failure).find("hidden") == std::string::npos);
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(FetchFixture, "local files are served where they lie") {
  const std::filesystem::path path = folder.write("channel/some file.json", "local");
  for (const std::string& place : {path.string(), "file://" + (folder.path() / "channel/some%20file.json").string()}) {
    const fetch::Fetched result = fetch(of(place));
    REQUIRE(result.status == Status::ok);
    CHECK(result.path == path);
    CHECK(result.from_cache);
  }
  const std::string key = fetch(of(path.string())).content_key;
  CHECK(key == "sha256-" + core::format(core::sha256("local")));  // too young for its times to be trusted
  CHECK(fetch(of(path.string())).content_key == key);
  folder.write("channel/some file.json", "Local");
  CHECK(fetch(of(path.string())).content_key != key);  // same size, same tick of the clock
  CHECK(fetch(of((folder.path() / "channel/none").string())).status == Status::not_found);
  CHECK(fetch(of((folder.path() / "channel").string())).status == Status::failed);
  fetch::Download hashed = of(path.string());
  hashed.sha256 = core::sha256("Local");
  CHECK(fetch(hashed).status == Status::ok);
  hashed.sha256 = core::sha256("other");
  CHECK(fetch(hashed).failure->code == "hash-mismatch");
  options.offline = true;
  CHECK(fetch(of(path.string())).status == Status::ok);
}

TEST_CASE_METHOD(FetchFixture, "an address of another kind is refused with its name but not its secrets") {
  const fetch::Fetched result = fetch(of("s3://user:secret@bucket/x"));
  CHECK(result.status == Status::failed);
  CHECK(result.failure->code == "url-unsupported");
  CHECK(all_text(*result.failure).find("secret") == std::string::npos);
  CHECK(fetch(fetch::Download{}).failure->code == "url-unsupported");
}
