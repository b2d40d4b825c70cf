#include "envlock/fetch/fetcher.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "envlock/core/text.h"
#include "job.h"
#include "loop.h"

namespace envlock::fetch {
namespace {

/// Any number of threads may call fetch(). They share one loop, and so the connections and the limit of transfers at
/// once: one of the waiting threads drives it until its own downloads are done, then the next takes over. There is no
/// thread of our own that a signal or an exit would have to stop.
class NetworkFetcher : public Fetcher {
 public:
  NetworkFetcher(const NetworkOptions& options, const std::filesystem::path& cache,
                 std::shared_ptr<core::Progress> progress)
      : shared_{options, Cache(cache), std::move(progress), {}}, loop_(options.parallel) {}

  std::vector<Fetched> fetch(const std::vector<Download>& downloads) override {
    std::vector<Fetched> results(downloads.size());
    std::deque<Job> jobs;
    for (std::size_t i = 0; i < downloads.size(); ++i) jobs.emplace_back(downloads[i], results[i], shared_);
    Call call{jobs.size()};
    std::unique_lock<std::mutex> lock(mutex_);
    for (Job& job : jobs) inbox_.push_back({&job, &call});
    loop_.wake();
    while (call.left > 0) {
      if (driven_) {
        changed_.wait(lock);
        continue;
      }
      driven_ = true;
      lock.unlock();
      drive(call);
      lock.lock();
      driven_ = false;
      changed_.notify_all();
    }
    return results;
  }

  void forget(const Download& download) override {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !driven_; });
    for (const std::string& url : download.urls) shared_.cache.forget(cache_key(url, download));
  }

  std::vector<core::Note> notes() const override {
    const std::lock_guard<std::mutex> lock(notes_mutex_);
    return notes_;
  }

 private:
  struct Call {
    std::size_t left;
  };
  struct Letter {
    Job* job;
    Call* call;
  };

  /// Drives the loop until the downloads of `mine` are done.
  void drive(const Call& mine) {
    const auto ended = [this](Job& job) {
      const auto found = std::find_if(owners_.begin(), owners_.end(), [&](const Letter& l) { return l.job == &job; });
      const std::lock_guard<std::mutex> lock(mutex_);
      if (--found->call->left == 0) changed_.notify_all();
      owners_.erase(found);
    };
    while (true) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (mine.left == 0) break;
        for (const Letter& letter : inbox_) {
          owners_.push_back(letter);
          loop_.add(*letter.job);
        }
        inbox_.clear();
      }
      loop_.step(ended);
    }
    const std::lock_guard<std::mutex> lock(notes_mutex_);
    notes_ = shared_.cache.notes();
  }

  Shared shared_;               // of the driving thread
  Loop loop_;                   // likewise
  std::vector<Letter> owners_;  // likewise: whose job each is

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Letter> inbox_;
  bool driven_ = false;

  mutable std::mutex notes_mutex_;
  std::vector<core::Note> notes_;
};

}  // namespace

std::unique_ptr<Fetcher> make_fetcher(const NetworkOptions& options, const std::filesystem::path& cache,
                                      std::shared_ptr<core::Progress> progress) {
  return std::make_unique<NetworkFetcher>(options, cache, std::move(progress));
}

std::filesystem::path default_cache_folder() {
  const auto variable = [](const char* name) { return core::environment_variable(name).value_or(""); };
  if (const std::string own = variable("ENVLOCK_CACHE_DIR"); !own.empty()) return own;
  if (const std::string base = variable("XDG_CACHE_HOME"); !base.empty() && base.front() == '/') {
    return std::filesystem::path(base) / "envlock";
  }
  const std::string home = variable("HOME");
  return home.empty() ? std::filesystem::temp_directory_path() / "envlock-cache"
                      : std::filesystem::path(home) / ".cache" / "envlock";
}

}  // namespace envlock::fetch
