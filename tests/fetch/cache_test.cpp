// The cache when its disk, its folder or another process is not as it should be.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "fixture.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock_test;
using fetch::Caching;
using fetch::Status;

namespace {

std::string body_of(int number) {
  return std::string(static_cast<std::size_t>(100 + 997 * number), static_cast<char>('a' + number % 26)) +
         std::to_string(number);
}

std::size_t count_files(const std::filesystem::path& folder) {
  std::size_t count = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    count += entry.is_regular_file() ? 1 : 0;
  }
  return count;
}

/// Every body must be what its name says; entries must lead to bodies. Gives the first that is not.
std::string broken_file(const std::filesystem::path& cache) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cache / "fetch-v1" / "bodies", ignored)) {
    if (!entry.is_regular_file()) continue;
    if (core::format(core::sha256(core::read_file(entry.path()))) != entry.path().filename()) return entry.path();
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cache / "fetch-v1" / "urls", ignored)) {
    if (entry.is_regular_file() && core::read_file(entry.path()).back() != '\n') return entry.path();
  }
  return {};
}

}  // namespace

TEST_CASE_METHOD(FetchFixture, "a body that was damaged on the disk is noticed and fetched again") {
  for (const std::size_t size : {std::size_t{1000}, std::size_t{6'000'000}}) {
    const std::string path = "/" + std::to_string(size);
    server.serve(path, std::string(size, 'x'));
    const fetch::Fetched first = fetch(download(path));
    std::ofstream(first.path, std::ios::app) << "tail";
    CHECK(bytes_of(fetch(download(path))) == std::string(size, 'x'));
    std::filesystem::resize_file(first.path, size / 2);
    CHECK(bytes_of(fetch(download(path))) == std::string(size, 'x'));
    std::filesystem::remove(first.path);
    CHECK(bytes_of(fetch(download(path))) == std::string(size, 'x'));
  }
  const fetch::Fetched small = fetch(download("/1000"));
  std::ofstream(small.path) << std::string(1000, 'y');  // the same size
  CHECK(bytes_of(fetch(download("/1000"))) == std::string(1000, 'x'));
}

TEST_CASE_METHOD(FetchFixture, "a copy that is forgotten is not asked about but fetched again") {
  server.handle([](const HttpRequest&) {
    HttpAnswer answer;
    answer.headers = {{"ETag", "\"1\""}, {"Cache-Control", "max-age=1000"}};
    answer.body = "a page to sign in";
    return answer;
  });
  fetch::Download wanted = download("/a");
  wanted.urls.push_back(server.url("/b"));
  wanted.max_age_seconds = 1000;
  const auto one = fetcher();
  CHECK_FALSE(one->fetch_one(wanted).from_cache);
  CHECK(one->fetch_one(wanted).from_cache);
  one->forget(wanted);
  CHECK_FALSE(one->fetch_one(wanted).from_cache);
  CHECK(server.requests().size() == 2);
  CHECK(server.requests().back().header("if-none-match").empty());
}

TEST_CASE_METHOD(FetchFixture, "an entry that is damaged counts as none") {
  server.serve("/a", "body");
  fetch(download("/a"));
  std::filesystem::path entry;
  for (const auto& found : std::filesystem::recursive_directory_iterator(folder.path() / "cache/fetch-v1/urls")) {
    if (found.is_regular_file()) entry = found.path();
  }
  const std::string good = core::read_file(entry);
  for (const std::string& text :
       {std::string(), std::string("{"), std::string(5000, '['), good.substr(0, good.size() / 2),
        std::string("{\"version\": 99}"), std::string(100'000, ' ')}) {
    std::ofstream(entry, std::ios::binary) << text;
    CHECK(bytes_of(fetch(download("/a"))) == "body");
  }
  std::string later = core::read_file(entry);
  later.replace(later.find("\"version\": 1"), 12, "\"version\": 2");
  std::ofstream(entry, std::ios::binary) << later;
  CHECK(!fetch(download("/a")).from_cache);
}

TEST_CASE_METHOD(FetchFixture, "a cache that takes no files costs a note and not the result") {
  folder.write("occupied", "a file where the cache's folder should be");
  const std::unique_ptr<fetch::Fetcher> fetcher =
      fetch::make_fetcher(options, folder.path() / "occupied" / "cache", nullptr);
  server.serve("/a", "body");
  CHECK(bytes_of(fetcher->fetch_one(download("/a"))) == "body");
  const fetch::Fetched again = fetcher->fetch_one(download("/a"));
  CHECK(again.from_cache);
  REQUIRE(fetcher->notes().size() == 1);
  CHECK(fetcher->notes()[0].diagnostic.code == "cache-unwritable");
}

TEST_CASE_METHOD(FetchFixture, "a private folder for an unwritable cache is gone afterwards") {
  folder.write("occupied", "x");
  setenv("TMPDIR", folder.path().c_str(), 1);
  server.serve("/a", "body");
  {
    const auto fetcher = fetch::make_fetcher(options, folder.path() / "occupied" / "cache", nullptr);
    fetcher->fetch_one(download("/a"));
    CHECK(count_files(folder.path()) > 1);
  }
  CHECK(count_files(folder.path()) == 1);
  unsetenv("TMPDIR");
}

TEST_CASE_METHOD(FetchFixture, "a disk that fills is told and leaves nothing behind") {
  server.serve("/a", std::string(400'000, 'x'));
  // A limit on the size of files fails a write as a full disk does, in a process of its own.
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const fetch::Fetched result = fetch(download("/a"));
    _exit(result.status == Status::failed && result.failure && result.failure->code == "disk-full" ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(!std::filesystem::exists(folder.path() / "cache/fetch-v1/bodies"));
  CHECK(fetch(download("/a")).status == Status::ok);
}

TEST_CASE_METHOD(FetchFixture, "a process killed at any moment leaves only whole files") {
  constexpr int kFiles = 60;
  std::vector<fetch::Download> wanted;
  for (int i = 0; i < kFiles; ++i) {
    const std::string path = "/" + std::to_string(i);
    server.serve(path, body_of(i));
    wanted.push_back(download(path));
    if (i % 3 == 0) {
      wanted.back().sha256 = core::sha256(body_of(i));
      wanted.back().caching = Caching::immutable;
    }
  }
  std::uint32_t seed = 7;
  for (int round = 0; round < 40; ++round) {
    seed = seed * 1664525 + 1013904223;
    const pid_t child = fork();
    if (child == 0) {
      while (true) fetch::make_fetcher(options, folder.path() / "cache", nullptr)->fetch(wanted);
    }
    usleep(static_cast<useconds_t>(seed % 30'000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    INFO("round " << round);
    REQUIRE(broken_file(folder.path() / "cache").empty());
    if (round % 4 == 3) std::filesystem::remove_all(folder.path() / "cache/fetch-v1/bodies");
  }
  const std::vector<fetch::Fetched> results = fetcher()->fetch(wanted);
  for (int i = 0; i < kFiles; ++i) CHECK(bytes_of(results[static_cast<std::size_t>(i)]) == body_of(i));
  CHECK(count_files(folder.path() / "cache/fetch-v1/parts") == 0);  // what the killed left was swept
}

TEST_CASE_METHOD(FetchFixture, "processes at work in one cache do not disturb each other") {
  constexpr int kFiles = 30;
  std::vector<fetch::Download> wanted;
  for (int i = 0; i < kFiles; ++i) {
    server.serve("/" + std::to_string(i), body_of(i), "");  // no validator: every fetch writes
    wanted.push_back(download("/" + std::to_string(i)));
  }
  std::vector<pid_t> children;
  for (int c = 0; c < 3; ++c) {
    children.push_back(fork());
    if (children.back() != 0) continue;
    bool good = true;
    for (int round = 0; round < 5; ++round) {
      const std::vector<fetch::Fetched> results = fetcher()->fetch(wanted);
      for (int i = 0; i < kFiles; ++i) {
        const fetch::Fetched& result = results[static_cast<std::size_t>(i)];
        good = good && result.status == Status::ok && bytes_of(result) == body_of(i);
      }
    }
    _exit(good ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  CHECK(broken_file(folder.path() / "cache").empty());
  CHECK(count_files(folder.path() / "cache/fetch-v1/parts") == 0);
}

TEST_CASE_METHOD(FetchFixture, "a cache that is cleaned while it is used is filled again") {
  server.serve("/a", "body");
  const std::unique_ptr<fetch::Fetcher> fetcher = this->fetcher();
  fetcher->fetch_one(download("/a"));
  std::filesystem::remove_all(folder.path() / "cache");
  CHECK(bytes_of(fetcher->fetch_one(download("/a"))) == "body");
  CHECK(fetcher->notes().empty());
}
