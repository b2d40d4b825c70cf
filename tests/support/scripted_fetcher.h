#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/fetch/fetcher.h"

namespace envlock_test {

/// A Fetcher without network or cache: serves bytes by URL, and misbehaves as told. Thread-safe.
class ScriptedFetcher : public envlock::fetch::Fetcher {
 public:
  /// `folder` gets the bodies; it must live longer than what is fetched.
  explicit ScriptedFetcher(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void serve(const std::string& url, std::string body) { files_[url].body = std::move(body); }
  /// The next `times` fetches of the URL fail as if the server had answered 503 to the end.
  void answer_503(const std::string& url, int times) { files_[url].failures = times; }
  /// Gives only the first bytes, and does not notice.
  void truncate(const std::string& url, std::size_t bytes) { files_[url].cut = bytes; }
  /// Gives these bytes although a hash of others was asked for.
  void lie(const std::string& url, std::string body) {
    files_[url].body = std::move(body);
    files_[url].unchecked = true;
  }
  void remove(const std::string& url) { files_.erase(url); }
  /// Everything that is not served is a failure, not an absence, as for someone without network.
  void set_offline(bool offline) { offline_ = offline; }
  /// Answers as if nothing had changed since the last time, where there was one.
  void set_from_cache(bool from_cache) { from_cache_ = from_cache; }

  std::size_t count(const std::string& url) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = counts_.find(url);
    return found == counts_.end() ? 0 : found->second;
  }
  std::size_t total() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::size_t sum = 0;
    for (const auto& [url, count] : counts_) sum += count;
    return sum;
  }
  void reset_counts() {
    const std::lock_guard<std::mutex> lock(mutex_);
    counts_.clear();
  }

  std::vector<envlock::fetch::Fetched> fetch(const std::vector<envlock::fetch::Download>& downloads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<envlock::fetch::Fetched> results;
    for (const envlock::fetch::Download& download : downloads) results.push_back(one(download));
    return results;
  }

 private:
  struct File {
    std::string body;
    int failures = 0;
    std::size_t cut = std::string::npos;
    bool unchecked = false;
  };

  static envlock::core::Diagnostic said(std::string code, const std::string& url, std::string why) {
    envlock::core::Diagnostic diagnostic;
    diagnostic.code = std::move(code);
    diagnostic.what = "no `" + url + "`";
    diagnostic.why = {std::move(why)};
    return diagnostic;
  }

  envlock::fetch::Fetched one(const envlock::fetch::Download& download) {
    using envlock::fetch::Status;
    envlock::fetch::Fetched result;
    bool all_absent = true;
    for (const std::string& url : download.urls) {
      ++counts_[url];
      const auto found = files_.find(url);
      if (found == files_.end()) {
        result.failure = said(offline_ ? "cache-miss" : "not-found", url, "HTTP 404 from " + url);
        all_absent = all_absent && !offline_;
        if (!offline_ && !download.next_on_not_found) break;
        continue;
      }
      all_absent = false;
      File& file = found->second;
      if (file.failures > 0) {
        --file.failures;
        result.failure = said("http-error", url, "HTTP 503 from " + url);
        continue;
      }
      const std::string body = file.body.substr(0, file.cut);
      const envlock::core::Sha256 sha256 = envlock::core::sha256(body);
      if (!file.unchecked && download.sha256 && *download.sha256 != sha256) {
        result.failure = said("hash-mismatch", url, "have sha256 " + envlock::core::format(sha256));
        continue;
      }
      result.status = Status::ok;
      result.path = folder_ / envlock::core::format(sha256);
      std::ofstream(result.path, std::ios::binary).write(body.data(), static_cast<std::streamsize>(body.size()));
      result.content_key = "sha256-" + envlock::core::format(sha256);
      result.served_by = url;
      result.from_cache = from_cache_;
      result.failure.reset();
      return result;
    }
    result.status = all_absent ? Status::not_found : Status::failed;
    return result;
  }

  mutable std::mutex mutex_;
  std::filesystem::path folder_;
  std::map<std::string, File> files_;
  std::map<std::string, std::size_t> counts_;
  bool offline_ = false;
  bool from_cache_ = false;
};

}  // namespace envlock_test
