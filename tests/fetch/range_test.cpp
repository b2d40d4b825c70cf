// Parts of files, and files in several forms.
#include <fstream>

#include "fixture.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock_test;
using fetch::ByteRange;
using fetch::Caching;
using fetch::Status;

namespace {

std::string letters(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

std::string code_of(const fetch::Fetched& result) {
  return result.failure ? result.failure->code : std::string("no failure");
}

/// 206 with these bytes under that Content-Range.
HttpServer::Handler part(std::string content_range, std::string body) {
  return [=](const HttpRequest&) {
    HttpAnswer answer;
    answer.status = 206;
    answer.body = body;
    if (!content_range.empty()) answer.headers = {{"Content-Range", content_range}};
    return answer;
  };
}

}  // namespace

TEST_CASE_METHOD(FetchFixture, "a part is fetched, kept apart, and told where it lies") {
  const std::string body = letters(1000);
  server.serve("/w", body);
  fetch::Download wanted = download("/w");
  wanted.caching = Caching::immutable;
  wanted.range = ByteRange{100, 50};
  const fetch::Fetched middle = fetch(wanted);
  CHECK(bytes_of(middle) == body.substr(100, 50));
  CHECK(middle.range_start == 100);
  CHECK(middle.whole_size == 1000);
  CHECK(server.requests().back().header("range") == "bytes=100-149");

  fetch::Download tail = wanted;
  tail.range = ByteRange{std::nullopt, 30};
  CHECK(fetch(tail).range_start == 970);
  CHECK(bytes_of(fetch(tail)) == body.substr(970));
  CHECK(server.requests().back().header("range") == "bytes=-30");
  tail.range = ByteRange{std::nullopt, 5000};
  CHECK(bytes_of(fetch(tail)) == body);
  CHECK(fetch(tail).range_start == 0);
  tail.range = ByteRange{990, 5000};
  CHECK(bytes_of(fetch(tail)) == body.substr(990));

  const std::size_t asked = server.requests().size();
  const fetch::Fetched again = fetch(wanted);
  CHECK(again.from_cache);
  CHECK(bytes_of(again) == body.substr(100, 50));
  CHECK(again.range_start == 100);
  CHECK(again.whole_size == 1000);
  CHECK(server.requests().size() == asked);
  CHECK(bytes_of(fetch(download("/w"))) == body);
}

TEST_CASE_METHOD(FetchFixture,
                 "a server that gives the whole file for a part is understood, when that is not too much") {
  server.handle([](const HttpRequest&) {
    HttpAnswer answer;
    answer.body = letters(1000);
    return answer;
  });
  fetch::Download wanted = download("/w");
  wanted.range = ByteRange{std::nullopt, 30};
  wanted.max_bytes = 1000;
  const fetch::Fetched whole = fetch(wanted);
  CHECK(bytes_of(whole) == letters(1000));
  CHECK_FALSE(whole.range_start);
  CHECK(whole.whole_size == 1000);
  wanted.max_bytes = 999;
  CHECK(code_of(fetch(wanted)) == "range-ignored");
}

TEST_CASE_METHOD(FetchFixture, "a part that is not the one asked for is refused") {
  fetch::Download wanted = download("/w");
  wanted.range = ByteRange{10, 5};
  for (const char* said :
       {"", "bytes 11-15/100", "bytes 10-14/12", "bytes 10-12/100", "bytes 10-19/100", "bytes */100", "bytes 14-10/100",
        "lines 10-14/100", "bytes 10-14", "bytes 10-14/99999999999999999999999"}) {
    INFO(said);
    server.handle(part(said, "abcde"));
    CHECK(code_of(fetch(wanted)) == "range-mismatch");
  }
  server.handle(part("bytes 10-14/*", "abcde"));
  CHECK(bytes_of(fetch(wanted)) == "abcde");
  server.handle(part("bytes 10-14/100", "abc"));  // fewer bytes than it says
  wanted.range = ByteRange{10, 5};
  CHECK(code_of(fetch(wanted)) == "range-mismatch");
  wanted.range = ByteRange{std::nullopt, 5};
  server.handle(part("bytes 90-94/100", "abcde"));
  CHECK(code_of(fetch(wanted)) == "range-mismatch");
  server.handle(part("bytes 95-99/*", "abcde"));
  CHECK(code_of(fetch(wanted)) == "range-mismatch");
}

TEST_CASE_METHOD(FetchFixture, "a part beyond the end is told as such") {
  server.serve("/w", letters(100));
  fetch::Download wanted = download("/w");
  wanted.range = ByteRange{200, 5};
  CHECK(code_of(fetch(wanted)) == "range-unsatisfiable");
}

TEST_CASE_METHOD(FetchFixture, "of a local file the whole is given") {
  folder.write("w", letters(100));
  fetch::Download wanted = of((folder.path() / "w").string());
  wanted.range = ByteRange{50, 5};
  wanted.max_bytes = 10;
  const fetch::Fetched whole = fetch(wanted);
  CHECK(bytes_of(whole) == letters(100));
  CHECK_FALSE(whole.range_start);
  CHECK(whole.whole_size == 100);
}

TEST_CASE_METHOD(FetchFixture, "forms of one file are asked for by Accept, told and cached apart") {
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    const bool json = request.header("accept") == "application/json";
    answer.headers = {{"Content-Type", json ? "Application/JSON; charset=utf-8" : "text/html"}};
    answer.body = json ? "{}" : "<p>";
    return answer;
  });
  fetch::Download json = download("/page/");
  json.accept = "application/json";
  json.caching = Caching::immutable;
  fetch::Download html = json;
  html.accept = "text/html";
  CHECK(fetch(json).content_type == "application/json");
  CHECK(bytes_of(fetch(html)) == "<p>");
  CHECK(server.requests().size() == 2);
  const fetch::Fetched again = fetch(json);
  CHECK(again.from_cache);
  CHECK(again.content_type == "application/json");
  CHECK(bytes_of(again) == "{}");
}

TEST_CASE_METHOD(FetchFixture, "where redirects led is told, without what is secret, also of a cached copy") {
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer;
    if (request.target == "/old/") {
      answer.status = 302;
      answer.headers = {{"Location", "/new/page/?key=secret#part"}};
    }
    answer.body = "x";
    return answer;
  });
  fetch::Download wanted = of("http://ann:hidden@" + server.host() + "/old/");
  wanted.caching = Caching::immutable;
  CHECK(fetch(wanted).final_url == server.url("/new/page/"));
  const fetch::Fetched again = fetch(wanted);
  CHECK(again.from_cache);
  CHECK(again.final_url == server.url("/new/page/"));
  CHECK(fetch(of("http://ann:hidden@" + server.host() + "/plain")).final_url == server.url("/plain"));
}

TEST_CASE_METHOD(FetchFixture, "a refusal is an absence only for those who say so") {
  server.handle([](const HttpRequest&) {
    HttpAnswer answer;
    answer.status = 403;
    return answer;
  });
  fetch::Download wanted = download("/a");
  CHECK(fetch(wanted).status == Status::not_found);
  wanted.absent_on_forbidden = false;
  CHECK(fetch(wanted).status == Status::failed);
  CHECK(code_of(fetch(wanted)) == "access-denied");
}

TEST_CASE_METHOD(FetchFixture, "a compressed transfer gives the bytes within, and counts those") {
  std::string gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", 10);
  const std::string body = letters(100);
  gzip += std::string("\x01\x64\x00\x9b\xff", 5) + body;  // one stored block
  gzip += std::string("\xc4\x04\x04\x6d", 4) + std::string("\x64\x00\x00\x00", 4);
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer;
    if (request.header("accept-encoding").find("gzip") == std::string::npos) {
      answer.body = body;
      return answer;
    }
    answer.headers = {{"Content-Encoding", "gzip"}};
    answer.body = gzip;
    return answer;
  });
  fetch::Download wanted = download("/a");
  CHECK(bytes_of(fetch(wanted)) == body);  // nobody asked for gzip
  wanted.compressed = true;
  const fetch::Fetched unpacked = fetch(wanted);
  CHECK(bytes_of(unpacked) == body);
  CHECK(unpacked.content_key == "sha256-" + core::format(core::sha256(body)));
  wanted.max_bytes = 99;
  CHECK(code_of(fetch(wanted)) == "download-too-large");
  wanted.max_bytes = 1000;
  gzip[12] = 'X';
  gzip[30] = 'X';
  CHECK(code_of(fetch(wanted)) == "network-failure");  // its check sum is wrong
}

TEST_CASE_METHOD(FetchFixture, "who checks the bytes himself gets a cached copy by its size alone") {
  server.serve("/a", "first");
  fetch::Download wanted = download("/a");
  wanted.max_age_seconds = 1000;
  const fetch::Fetched first = fetch(wanted);
  std::ofstream(first.path) << "FIRST";
  wanted.trust_cached = true;
  const fetch::Fetched trusted = fetch(wanted);
  CHECK(bytes_of(trusted) == "FIRST");
  CHECK(trusted.content_key == first.content_key);
  wanted.trust_cached = false;
  CHECK(bytes_of(fetch(wanted)) == "first");
}
