#include "reading.h"

#include <algorithm>

#include "envlock/core/parallel.h"

namespace envlock::verify {
namespace {

/// How often the progress is told.
constexpr std::uint64_t kStepBytes = std::uint64_t{4} << 20;
/// Opening and closing a small file takes about as long as hashing this many bytes.
constexpr std::uint64_t kFileCost = 16384;

}  // namespace

void ReadingWork::add(const Node& node, HashStore& hashes) {
  if (!hashes.ask(node)) return;
  add(node.stamp.size, node.stamp.size + kFileCost, [&node, &hashes] { hashes.hash(node); });
}

void ReadingWork::run(const char* label) {
  std::stable_sort(tasks_.begin(), tasks_.end(),
                   [](const Task& left, const Task& right) { return left.cost > right.cost; });
  std::uint64_t total = 0;
  for (const Task& task : tasks_) total += task.bytes;
  if (tasks_.empty()) return;
  const int handle = progress_.start(label, total);
  std::atomic<std::uint64_t> done{0};
  core::parallel_for(tasks_.size(), threads_, [&](std::size_t i) {
    tasks_[i].work();
    const std::uint64_t before = done.fetch_add(tasks_[i].bytes);
    const std::uint64_t now = before + tasks_[i].bytes;
    if (before / kStepBytes != now / kStepBytes) progress_.update(handle, now, total);
  });
  progress_.finish(handle);
  tasks_.clear();
}

}  // namespace envlock::verify
