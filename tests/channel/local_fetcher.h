#pragma once

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "envlock/core/digest.h"
#include "envlock/core/file.h"
#include "envlock/core/url.h"
#include "envlock/fetch/fetcher.h"

namespace envlock_test {

/// A Fetcher for folders, without a cache: what tests hand to a Repository. Verifies SHA-256 as the real one does.
class LocalFetcher : public envlock::fetch::Fetcher {
 public:
  /// Called before each file is looked for; an answer replaces it.
  std::function<std::optional<envlock::fetch::Fetched>(const envlock::fetch::Download&)> fault;
  std::atomic<int> files = 0;
  std::atomic<int> forgotten = 0;

  std::vector<envlock::fetch::Fetched> fetch(const std::vector<envlock::fetch::Download>& downloads) override {
    std::vector<envlock::fetch::Fetched> fetched;
    for (const auto& download : downloads) fetched.push_back(get(download));
    return fetched;
  }

  void forget(const envlock::fetch::Download&) override { ++forgotten; }

 private:
  envlock::fetch::Fetched get(const envlock::fetch::Download& download) {
    ++files;
    if (fault) {
      if (auto answer = fault(download)) return *answer;
    }
    envlock::fetch::Fetched result;
    result.status = envlock::fetch::Status::not_found;
    for (const std::string& url : download.urls) {
      const std::string path = envlock::core::path_of_file_url(url).value_or(url);
      struct stat status {};
      if (::stat(path.c_str(), &status) != 0) {
        if (!download.next_on_not_found) return result;
        continue;
      }
      if (download.sha256 && envlock::core::sha256(envlock::core::read_file(path)) != *download.sha256) {
        result.status = envlock::fetch::Status::failed;
        result.failure = envlock::core::Diagnostic{};
        result.failure->code = "hash-mismatch";
        result.failure->what = "`" + path + "` is not the file that was promised";
        return result;
      }
      result.status = envlock::fetch::Status::ok;
      result.path = path;
      result.content_key = path + ":" + std::to_string(status.st_size) + ":" + std::to_string(status.st_mtim.tv_sec) +
                           "." + std::to_string(status.st_mtim.tv_nsec) + ":" + std::to_string(status.st_ino);
      result.served_by = path;
      return result;
    }
    return result;
  }
};

}  // namespace envlock_test
