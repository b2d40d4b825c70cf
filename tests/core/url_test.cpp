#include "envlock/core/url.h"

#include "support/catch.h"

using namespace envlock::core;

TEST_CASE("a URL falls into its parts and comes together again") {
  const std::string text = "https://user:pa%40ss@host.example:8443/t/abc/conda-forge/linux-64?q=1#f";
  const auto url = parse_url(text);
  REQUIRE(url);
  CHECK(url->user == "user");
  CHECK(url->password == "pa%40ss");
  CHECK(url->host == "host.example");
  CHECK(url->port == "8443");
  CHECK(url->path == "/t/abc/conda-forge/linux-64");
  CHECK(url->query == "q=1");
  CHECK(url->fragment == "f");
  CHECK(format(*url) == text);
  CHECK(parse_url("http://[::1]:80/x")->host == "[::1]");
  CHECK(parse_url("http://[::1]:80/x")->port == "80");
  CHECK_FALSE(parse_url("conda-forge"));
  CHECK_FALSE(parse_url("C:\\x"));
}

TEST_CASE("no secret survives being shown") {
  CHECK(without_secrets("cannot reach https://me:pw@host/t/tok-123/chan/x.json?sig=abc&n: refused") ==
        "cannot reach https://***:***@host/t/***/chan/x.json?sig=***&n: refused");
  CHECK(without_secrets("http://a:b@h and \"https://h/t/s\"") == "http://***:***@h and \"https://h/t/***\"");
  CHECK(without_secrets("nothing here") == "nothing here");
  CHECK(without_secrets("`me:pw@host.invalid/t/tok/x` has no scheme") ==
        "`***:***@host.invalid/t/***/x` has no scheme");
  CHECK(without_secrets("https://us er:pw@h/x").find("pw") == std::string::npos);
  CHECK(without_secrets("environment.yml:3: a@b, x: y@z, /usr/t") == "environment.yml:3: a@b, x: y@z, /usr/t");
}

TEST_CASE("a stored URL holds neither credentials nor token") {
  CHECK(strip_credentials("https://me:pw@host/t/tok/chan") == "https://host/chan");
  CHECK(strip_credentials("https://host/chan") == "https://host/chan");
  CHECK(strip_credentials("conda-forge") == "conda-forge");
}

TEST_CASE("references resolve against a folder") {
  CHECK(join_url("https://h/a/b", "c.json") == "https://h/a/b/c.json");
  CHECK(join_url("https://h/a/b/", "./shards/") == "https://h/a/b/shards/");
  CHECK(join_url("https://h/a/b/", "../x") == "https://h/a/x");
  CHECK(join_url("https://h/a/b/", "/x") == "https://h/x");
  CHECK(join_url("https://h/a/b/", "//other/x") == "https://other/x");
  CHECK(join_url("https://h/a", "http://other/x") == "http://other/x");
  CHECK(join_url("https://h/a", "../../../x") == "https://h/x");
  CHECK(join_url("/folder", "x") == "/folder/x");
}

TEST_CASE("paths become file URLs and back") {
  const std::string path = "/tmp/a b/é#%?.conda";
  CHECK(file_url(path).find(' ') == std::string::npos);
  CHECK(path_of_file_url(file_url(path)) == path);
  CHECK(path_of_file_url("file://localhost/x") == "/x");
  CHECK_FALSE(path_of_file_url("file://elsewhere/x"));
  CHECK_FALSE(path_of_file_url("https://h/x"));
  CHECK_FALSE(path_of_file_url("file:///a%00b"));
}
