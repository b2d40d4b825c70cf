#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "envlock/core/file.h"
#include "envlock/fetch/fetcher.h"
#include "support/http_server.h"
#include "support/temporary_folder.h"

namespace envlock_test {

/// A server, an empty cache and a way to fetch, cut off from the proxies and credentials of whoever runs the tests.
struct FetchFixture {
  FetchFixture() {
    for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                             "no_proxy", "NO_PROXY", "NETRC"}) {
      unsetenv(name);
    }
    options.use_netrc = false;
    options.retry_base_seconds = 0.01;
    options.retries = 2;
    options.stall_timeout_seconds = 1;
    options.connect_timeout_seconds = 2;
  }

  std::unique_ptr<envlock::fetch::Fetcher> fetcher() const {
    return envlock::fetch::make_fetcher(options, folder.path() / "cache", nullptr);
  }
  envlock::fetch::Download download(const std::string& path) const { return of(server.url(path)); }
  static envlock::fetch::Download of(const std::string& url) {
    envlock::fetch::Download download;
    download.urls = {url};
    return download;
  }
  envlock::fetch::Fetched fetch(const envlock::fetch::Download& download) const {
    return fetcher()->fetch_one(download);
  }

  TemporaryFolder folder;
  HttpServer server;
  envlock::fetch::NetworkOptions options;
};

inline std::string bytes_of(const envlock::fetch::Fetched& fetched) {
  return envlock::core::read_file(fetched.path);
}

/// All that a message could show, for looking for what it must not.
inline std::string all_text(const envlock::core::Diagnostic& diagnostic) {
  std::string text = diagnostic.code + "\n" + diagnostic.what;
  for (const std::string& line : diagnostic.why) text += "\n" + line;
  for (const std::string& line : diagnostic.hints) text += "\n" + line;
  return text;
}

}  // namespace envlock_test
