// Servers that misbehave: what fetch does about each, and what it says when it can do nothing.
#include <fstream>

#include "fixture.h"
#include "retry.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock_test;
using fetch::Caching;
using fetch::Status;

namespace {

/// Bytes without repetition, so that a piece in the wrong place is noticed.
std::string long_body(std::size_t size) {
  std::string body;
  std::uint32_t state = 12345;
  while (body.size() < size) {
    state = state * 1664525 + 1013904223;
    body += static_cast<char>(state >> 24);
  }
  return body;
}

std::string code_of(const fetch::Fetched& result) {
  return result.failure ? result.failure->code : std::string("no failure");
}

}  // namespace

TEST_CASE_METHOD(FetchFixture, "a busy server is asked again, so many times and no more") {
  server.serve("/a", "body");
  int left = 2;
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer = server.file(request);
    if (left-- > 0) answer.status = 503;
    return answer;
  });
  CHECK(bytes_of(fetch(download("/a"))) == "body");
  CHECK(server.requests().size() == 3);
  left = 100;
  const fetch::Fetched result = fetch(download("/b"));
  CHECK(code_of(result) == "http-error");
  CHECK(server.count("/b") == 3);
  CHECK(result.failure->why[0] == "HTTP 503 from " + server.url("/b"));
}

TEST_CASE_METHOD(FetchFixture, "a client's own error is not repeated") {
  server.handle([](const HttpRequest&) {
    HttpAnswer answer;
    answer.status = 400;
    return answer;
  });
  CHECK(code_of(fetch(download("/a"))) == "http-error");
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(FetchFixture, "Retry-After is waited for") {
  int left = 1;
  server.handle([&](const HttpRequest&) {
    HttpAnswer answer;
    answer.body = "x";
    if (left-- > 0) {
      answer.status = 429;
      answer.headers = {{"Retry-After", "1"}};
    }
    return answer;
  });
  const auto before = std::chrono::steady_clock::now();
  CHECK(fetch(download("/a")).status == Status::ok);
  CHECK(std::chrono::steady_clock::now() - before >= std::chrono::milliseconds(950));
}

TEST_CASE_METHOD(FetchFixture, "a server that asks for a wait of days is told about and not waited for") {
  server.handle([&](const HttpRequest&) {
    HttpAnswer answer;
    answer.status = 503;
    answer.headers = {{"Retry-After", "172800"}};
    return answer;
  });
  const auto before = std::chrono::steady_clock::now();
  const fetch::Fetched result = fetch(download("/a"));
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
  CHECK(server.requests().size() == 1);
  CHECK(code_of(result) == "http-error");
  CHECK(all_text(*result.failure).find("asked to wait 172800 seconds") != std::string::npos);
}

TEST_CASE("waits that a server asks for are bounded, one by one and together") {
  using fetch::wait_before;
  using std::chrono::seconds;
  CHECK(wait_before(3, 0.5, std::nullopt, {}) == std::chrono::milliseconds(2000));
  CHECK(wait_before(1, 0.5, 60, {}) == seconds(60));
  CHECK(wait_before(1, 0.5, 60, seconds(60)) == seconds(60));
  CHECK_FALSE(wait_before(1, 0.5, 61, {}));
  CHECK_FALSE(wait_before(1, 0.5, 1'000'000'000, {}));
  CHECK_FALSE(wait_before(1, 0.5, 60, seconds(61)));
  CHECK_FALSE(wait_before(1, 0.5, 1, seconds(120)));
  CHECK(wait_before(30, 60, std::nullopt, seconds(600)) == seconds(60));  // the user's own back-off is kept to
}

TEST_CASE_METHOD(FetchFixture, "a broken transfer goes on where it broke when the file is still the same") {
  const std::string body = long_body(300'000);
  server.serve("/a", body);
  int breaks = 2;
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer = server.file(request);
    if (breaks-- > 0) answer.cut_after = 100'000;
    return answer;
  });
  CHECK(bytes_of(fetch(download("/a"))) == body);
  const std::vector<HttpRequest> requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].header("range").empty());
  CHECK(requests[1].header("range") == "bytes=100000-");
  CHECK(requests[1].header("if-range") == "\"one\"");
  CHECK(requests[2].header("range") == "bytes=200000-");
}

TEST_CASE_METHOD(FetchFixture, "a broken transfer of a file that changed begins anew") {
  const std::string first = long_body(200'000);
  const std::string second = std::string(250'000, 'b');
  server.serve("/a", first);
  int requests = 0;
  server.handle([&](const HttpRequest& request) {
    if (++requests == 2) server.serve("/a", second, "\"two\"");
    HttpAnswer answer = server.file(request);
    if (requests == 1) answer.cut_after = 100'000;
    return answer;
  });
  CHECK(bytes_of(fetch(download("/a"))) == second);
}

TEST_CASE_METHOD(FetchFixture, "a server that gives another rest than was asked for is not believed") {
  const std::string body = long_body(200'000);
  int requests = 0;
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer;
    answer.headers = {{"ETag", "\"x\""}};
    answer.body = body;
    if (++requests == 1) answer.cut_after = 100'000;
    if (requests == 2) {
      answer.status = 206;
      answer.headers.push_back({"Content-Range", "bytes 50000-199999/200000"});
      answer.body = body.substr(50'000);
    }
    CHECK((requests != 3 || request.header("range").empty()));
    return answer;
  });
  CHECK(bytes_of(fetch(download("/a"))) == body);
  CHECK(requests == 3);
}

TEST_CASE_METHOD(FetchFixture, "a broken transfer of a file that became shorter begins anew") {
  const std::string body = long_body(300'000);
  int left = 1;
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer;
    answer.headers = {{"ETag", "\"one\""}};
    answer.body = left > 0 ? body : "short";
    if (!request.header("range").empty()) answer.status = 416;
    if (left-- > 0) answer.cut_after = 200'000;
    return answer;
  });
  CHECK(bytes_of(fetch(download("/a"))) == "short");
}

TEST_CASE_METHOD(FetchFixture, "two halves that do not fit are fetched whole before anyone is blamed") {
  const std::string body = long_body(200'000);
  int requests = 0;
  server.handle([&](const HttpRequest&) {
    HttpAnswer answer;  // no validator: only the hash can tell
    answer.body = body;
    if (++requests == 1) answer.cut_after = 100'000;
    if (requests == 2) {
      answer.status = 206;
      answer.headers.push_back({"Content-Range", "bytes 100000-199999/200000"});
      answer.body = std::string(100'000, 'x');
    }
    return answer;
  });
  fetch::Download wanted = download("/a");
  wanted.sha256 = core::sha256(body);
  CHECK(bytes_of(fetch(wanted)) == body);
  CHECK(requests == 3);
}

TEST_CASE_METHOD(FetchFixture, "a body shorter than announced is never taken for whole") {
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    answer.body = "short";
    if (request.target == "/length") answer.claimed_length = 500;
    if (request.target == "/chunks") {
      answer.chunked = true;
      answer.cut_after = 3;
    }
    return answer;
  });
  for (const std::string path : {"/length", "/chunks"}) {
    CHECK(code_of(fetch(download(path))) == "network-failure");
    CHECK(server.count(path) == 3);
  }
}

TEST_CASE_METHOD(FetchFixture, "bodies in chunks and without length arrive whole") {
  const std::string body = long_body(200'000);
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer;
    answer.body = request.target == "/empty" ? "" : body;
    answer.chunked = request.target == "/chunks";
    answer.no_length = request.target == "/open";
    return answer;
  });
  CHECK(bytes_of(fetch(download("/chunks"))) == body);
  CHECK(bytes_of(fetch(download("/open"))) == body);
  CHECK(bytes_of(fetch(download("/empty"))).empty());
}

TEST_CASE_METHOD(FetchFixture, "a server that falls silent is given up") {
  options.retries = 0;
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    answer.body = std::string(200'000, 'x');
    if (request.target == "/headers") answer.hang_after_headers = true;
    if (request.target == "/bytes") answer.hang_after_bytes = 100'000;
    return answer;
  });
  for (const std::string path : {"/headers", "/bytes"}) {
    const fetch::Fetched result = fetch(download(path));
    CHECK(code_of(result) == "timed-out");
  }
}

TEST_CASE_METHOD(FetchFixture, "a slow server is not a silent one") {
  server.handle([](const HttpRequest&) {
    HttpAnswer answer;
    answer.body = std::string(6 * 1024, 'x');
    answer.milliseconds_per_kilobyte = 300;
    return answer;
  });
  CHECK(fetch(download("/a")).status == Status::ok);
}

TEST_CASE_METHOD(FetchFixture, "a body larger than allowed is cut off, announced or not") {
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    answer.body = std::string(3'000'000, 'x');
    answer.chunked = request.target == "/chunks";
    return answer;
  });
  for (const std::string path : {"/plain", "/chunks"}) {
    fetch::Download wanted = download(path);
    wanted.max_bytes = 100'000;
    CHECK(code_of(fetch(wanted)) == "download-too-large");
    wanted.max_bytes = 1 << 30;
    wanted.size = 10;
    CHECK(code_of(fetch(wanted)) == "download-too-large");
    CHECK(server.count(path) == 2);
    wanted.size = 3'000'001;
    CHECK(code_of(fetch(wanted)) == "size-mismatch");
  }
}

TEST_CASE_METHOD(FetchFixture, "the wrong bytes are not kept, and the next place may have the right ones") {
  server.serve("/wrong", "evil");
  server.serve("/right", "good");
  fetch::Download wanted = download("/wrong");
  wanted.caching = Caching::immutable;
  wanted.sha256 = core::sha256("good");
  const fetch::Fetched refused = fetch(wanted);
  CHECK(code_of(refused) == "hash-mismatch");
  CHECK(refused.failure->why[0] == "want sha256 " + core::format(core::sha256("good")));
  wanted.urls.push_back(server.url("/right"));
  CHECK(bytes_of(fetch(wanted)) == "good");
  wanted = download("/wrong");
  wanted.md5 = core::md5("good");
  CHECK(code_of(fetch(wanted)) == "hash-mismatch");
  wanted.md5 = core::md5("evil");
  CHECK(fetch(wanted).status == Status::ok);
}

TEST_CASE_METHOD(FetchFixture, "redirects to files and in circles are refused") {
  folder.write("secret.txt", "secret");
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer;
    answer.status = 302;
    const std::string file = "file://" + (folder.path() / "secret.txt").string();
    answer.headers = {{"Location", request.target == "/file" ? file : "/circle"}};
    return answer;
  });
  CHECK(code_of(fetch(download("/file"))) == "redirect-refused");
  CHECK(server.count("/file") == 1);
  CHECK(code_of(fetch(download("/circle"))) == "redirect-refused");
}

TEST_CASE_METHOD(FetchFixture, "credentials stay with the host they were given for") {
  HttpServer other;
  other.serve("/a", "elsewhere");
  server.handle([&](const HttpRequest& request) {
    HttpAnswer answer;
    if (request.target == "/a") {
      answer.status = 302;
      answer.headers = {{"Location", other.url("/a")}};
    } else {
      answer.body = "here";
    }
    return answer;
  });
  fetch::Download wanted = of("http://user:hunter2@" + server.host() + "/a");
  const fetch::Fetched result = fetch(wanted);
  CHECK(bytes_of(result) == "elsewhere");
  CHECK(server.requests().back().header("authorization") == "Basic dXNlcjpodW50ZXIy");
  CHECK(other.requests().back().header("authorization").empty());
  CHECK(result.served_by.find("hunter2") == std::string::npos);
}

TEST_CASE_METHOD(FetchFixture, "no credential reaches the cache or a message") {
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    answer.body = "body";
    answer.headers = {{"ETag", "\"e\""}};
    if (request.target.find("fail") != std::string::npos) answer.status = 400;
    return answer;
  });
  const std::string base = "http://user:hunter2@" + server.host() + "/t/tk-hunter2/";
  CHECK(fetch(of(base + "ok?sig=hunter2")).status == Status::ok);
  const fetch::Fetched failed = fetch(of(base + "fail"));
  CHECK(all_text(*failed.failure).find("hunter2") == std::string::npos);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    CHECK(entry.path().string().find("hunter2") == std::string::npos);
    if (entry.is_regular_file()) CHECK(core::read_file(entry.path()).find("hunter2") == std::string::npos);
  }
}

TEST_CASE_METHOD(FetchFixture, "who must say who he is, is told how") {
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    answer.status = request.target == "/407" ? 407 : request.target == "/401" ? 401 : 403;
    if (request.target != "/403") answer.headers = {{"WWW-Authenticate", "Basic realm=\"x\""}};
    return answer;
  });
  for (const std::string path : {"/401", "/403-challenge"}) {
    const fetch::Fetched result = fetch(download(path));
    CHECK(result.status == Status::failed);
    CHECK(code_of(result) == "authentication-needed");
    CHECK(all_text(*result.failure).find(".netrc") != std::string::npos);
    CHECK(server.count(path) == 1);
  }
  CHECK(code_of(fetch(download("/407"))) == "proxy-authentication-needed");
  CHECK(fetch(download("/403")).status == Status::not_found);
}

TEST_CASE_METHOD(FetchFixture, "a netrc gives credentials, and only when it may") {
  server.serve("/a", "x");
  const std::filesystem::path netrc = folder.write("netrc", "machine 127.0.0.1 login me password pw\n");
  setenv("NETRC", netrc.c_str(), 1);
  fetch(download("/a"));
  CHECK(server.requests().back().header("authorization").empty());
  options.use_netrc = true;
  fetch(download("/a"));
  CHECK(server.requests().back().header("authorization") == "Basic bWU6cHc=");
  unsetenv("NETRC");
}

TEST_CASE_METHOD(FetchFixture, "a proxy is used with its credentials, unless no_proxy names the host") {
  HttpServer proxy([](const HttpRequest&) {
    HttpAnswer answer;
    answer.body = "through the proxy";
    return answer;
  });
  options.proxies["http"] = "http://user:hunter2@" + proxy.host();
  CHECK(bytes_of(fetch(of("http://elsewhere.invalid/a"))) == "through the proxy");
  CHECK(proxy.requests().back().target == "http://elsewhere.invalid/a");
  CHECK(proxy.requests().back().header("proxy-authorization") == "Basic dXNlcjpodW50ZXIy");
  server.serve("/a", "straight");
  setenv("no_proxy", "127.0.0.1,localhost", 1);
  CHECK(bytes_of(fetch(download("/a"))) == "straight");
  unsetenv("no_proxy");
  options.proxies = {{"http", "http://127.0.0.1:1"}, {"http://127.0.0.1", ""}};
  CHECK(bytes_of(fetch(download("/a"))) == "straight");  // the more exact key says: none
  options.proxies.clear();
  setenv("HTTP_PROXY", proxy.url().c_str(), 1);
  CHECK(bytes_of(fetch(of("http://elsewhere.invalid/b"))) == "through the proxy");
  unsetenv("HTTP_PROXY");
}

TEST_CASE_METHOD(FetchFixture, "a host that is not there is told with what to do") {
  options.retries = 1;
  const fetch::Fetched result = fetch(of("http://user:hunter2@127.0.0.1:1/t/hunter2/a"));
  CHECK(result.status == Status::failed);
  CHECK(code_of(result) == "network-failure");
  CHECK(all_text(*result.failure).find("hunter2") == std::string::npos);
  CHECK(!result.failure->hints.empty());
}

TEST_CASE_METHOD(FetchFixture, "when all places fail, all are told") {
  server.handle([](const HttpRequest& request) {
    HttpAnswer answer;
    answer.status = request.target == "/one" ? 400 : 404;
    return answer;
  });
  fetch::Download wanted = download("/one");
  wanted.urls.push_back(server.url("/two"));
  const fetch::Fetched result = fetch(wanted);
  CHECK(result.status == Status::failed);  // one place could not tell
  CHECK(all_text(*result.failure).find("/one") != std::string::npos);
  CHECK(all_text(*result.failure).find("/two") != std::string::npos);
}

TEST_CASE_METHOD(FetchFixture, "not-modified to one who has no copy is a failure and no crash") {
  server.handle([](const HttpRequest&) {
    HttpAnswer answer;
    answer.status = 304;
    return answer;
  });
  CHECK(code_of(fetch(download("/a"))) == "http-error");
}

TEST_CASE_METHOD(FetchFixture, "a label of a Content-Encoding changes nothing about the bytes") {
  server.handle([](const HttpRequest& request) {
    CHECK(request.header("accept-encoding").empty());
    HttpAnswer answer;
    answer.body = "\x1f\x8b raw";
    answer.headers = {{"Content-Encoding", "gzip"}};
    return answer;
  });
  CHECK(bytes_of(fetch(download("/a.gz"))) == "\x1f\x8b raw");
}
