#include "reading.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "envlock/core/parallel.h"

namespace envlock::verify {
namespace {

/// How often the progress is told.
constexpr std::uint64_t kStepBytes = std::uint64_t{4} << 20;

/// Tells how far the work is.
class Meter {
 public:
  Meter(core::Progress& progress, const char* label, std::uint64_t total)
      : progress_(progress), total_(total), handle_(progress.start(label, total)) {}
  ~Meter() { progress_.finish(handle_); }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  void add(std::uint64_t bytes) {
    const std::uint64_t before = done_.fetch_add(bytes);
    if (before / kStepBytes != (before + bytes) / kStepBytes) progress_.update(handle_, before + bytes, total_);
  }

 private:
  core::Progress& progress_;
  const std::uint64_t total_;
  const int handle_;
  std::atomic<std::uint64_t> done_{0};
};

}  // namespace

void ReadingWork::add(const Node& node, HashStore& hashes) {
  if (hashes.ask(node)) files_.push_back({&node, &hashes});
}

void ReadingWork::run(const char* label) {
  if (tasks_.empty() && files_.empty()) return;
  std::stable_sort(tasks_.begin(), tasks_.end(),
                   [](const Task& left, const Task& right) { return left.cost > right.cost; });
  std::stable_sort(files_.begin(), files_.end(), [](const HashJob& left, const HashJob& right) {
    return left.node->stamp.size > right.node->stamp.size;
  });
  std::uint64_t total = 0;
  for (const Task& task : tasks_) total += task.bytes;
  for (const HashJob& file : files_) total += file.node->stamp.size;
  Meter meter(progress_, label, total);
  std::atomic<std::size_t> next_task{0}, next_file{0};
  const auto take_file = [&]() -> const HashJob* {
    const std::size_t i = next_file++;
    if (i >= files_.size()) return nullptr;
    meter.add(files_[i].node->stamp.size);
    return &files_[i];
  };
  const auto work = [&](std::size_t) {
    FileLane beside(take_file), other(take_file);
    for (std::size_t i = next_task++; i < tasks_.size(); i = next_task++) {
      const core::Sha256Company company(beside);
      tasks_[i].work();
      meter.add(tasks_[i].bytes);
    }
    hash_in_step(beside, other);
  };
  const std::size_t threads = threads_ != 0 ? threads_ : std::max(1u, std::thread::hardware_concurrency());
  core::parallel_for(std::min(threads, tasks_.size() + files_.size()), threads, work);
  tasks_.clear();
  files_.clear();
}

}  // namespace envlock::verify
