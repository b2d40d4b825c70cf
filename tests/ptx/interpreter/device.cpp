#include "device.h"

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <cstring>
#include <mutex>
#include <numeric>
#include <thread>

namespace envlock::ptx {
namespace {

/// A device does not care how the host program has set its rounding or its subnormals.
class PlainFloatingPoint {
 public:
  PlainFloatingPoint() {
    std::fegetenv(&before_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~PlainFloatingPoint() { std::fesetenv(&before_); }
  PlainFloatingPoint(const PlainFloatingPoint&) = delete;
  PlainFloatingPoint& operator=(const PlainFloatingPoint&) = delete;

 private:
  std::fenv_t before_{};
};

std::vector<std::uint64_t> shuffled(std::uint64_t count, std::uint64_t seed) {
  std::vector<std::uint64_t> order(count);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  std::uint64_t state = seed;
  for (std::uint64_t i = count; i > 1; --i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    std::swap(order[i - 1], order[(state >> 33) % i]);
  }
  return order;
}

Allocation* whole_range(const Memory& memory, std::uint64_t address, std::uint64_t bytes) {
  Allocation* found = memory.find(address);
  if (found == nullptr || !found->live || bytes > found->size - (address - found->address)) return nullptr;
  return found;
}

}  // namespace

bool Device::write(std::uint64_t address, const void* from, std::uint64_t bytes) {
  Allocation* to = whole_range(memory_, address, bytes);
  if (to == nullptr) return false;
  std::memcpy(to->data.get() + (address - to->address), from, bytes);
  std::memset(to->defined.get() + (address - to->address), 0xff, bytes);
  return true;
}

bool Device::read(std::uint64_t address, void* to, std::uint64_t bytes) const {
  const Allocation* from = whole_range(memory_, address, bytes);
  if (from == nullptr) return false;
  std::memcpy(to, from->data.get() + (address - from->address), bytes);
  return true;
}

bool Device::copy_defined(std::uint64_t to, std::uint64_t from, std::uint64_t bytes, const void* data) {
  const Allocation* source = whole_range(memory_, from, bytes);
  Allocation* target = whole_range(memory_, to, bytes);
  if (source == nullptr || target == nullptr) return false;
  std::memcpy(target->data.get() + (to - target->address), data, bytes);
  std::memmove(target->defined.get() + (to - target->address), source->defined.get() + (from - source->address), bytes);
  return true;
}

BlockRunner& Device::runner(unsigned index) {
  while (runners_.size() <= index) runners_.push_back(std::make_unique<BlockRunner>(memory_));
  return *runners_[index];
}

LaunchResult Device::run(Launch launch, unsigned threads) {
  launch.number = ++launches_;
  const std::uint64_t blocks = launch.grid.count();
  std::vector<std::uint64_t> order;
  if (launch.flip) {
    order.resize(blocks);
    std::iota(order.begin(), order.end(), std::uint64_t{0});
  } else {
    order = shuffled(blocks, launch.seed * 0x9e3779b97f4a7c15u + launch.number);
  }
  if (threads == 0) threads = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
  if (launch.flip || launch.kernel->has_atomics) threads = 1;
  threads = static_cast<unsigned>(std::min<std::uint64_t>(threads, blocks));
  if (threads <= 1) return run_alone(launch, order);

  undo_.begin(launch.number);
  LaunchResult result;
  const std::optional<Finding> early = run_together(launch, order, threads, result.thread_instructions);
  if (!early) return result;
  undo_.restore();
  result = run_alone(launch, order);
  // Only a kernel whose way depends on a race can be clean the second time.
  if (!result.finding) result.finding = early;
  return result;
}

LaunchResult Device::run_alone(const Launch& launch, const std::vector<std::uint64_t>& order) {
  const PlainFloatingPoint plain;
  LaunchResult result;
  BlockRunner& only = runner(0);
  only.begin(launch, nullptr);
  try {
    for (const std::uint64_t block : order) only.run(block);
  } catch (FindingError& error) {
    result.finding = std::move(error.finding);
  }
  result.thread_instructions = only.thread_instructions();
  result.stores = only.stores();
  return result;
}

std::optional<Finding> Device::run_together(const Launch& launch, const std::vector<std::uint64_t>& order,
                                            unsigned threads, std::uint64_t& instructions) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::optional<Finding> found;
  for (unsigned i = 0; i < threads; ++i) runner(i).begin(launch, &undo_);
  const auto work = [&](unsigned index) {
    const PlainFloatingPoint plain;
    try {
      for (std::size_t at = next++; at < order.size() && !stop; at = next++) runners_[index]->run(order[at]);
    } catch (FindingError& error) {
      const std::lock_guard lock(mutex);
      if (!found || error.finding.block < found->block) found = std::move(error.finding);
      stop = true;
    }
  };
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(work, i);
  work(0);
  for (std::thread& helper : helpers) helper.join();
  for (unsigned i = 0; i < threads; ++i) instructions += runners_[i]->thread_instructions();
  if (!found && launch.check_races) found = compare_traces(launch, threads);
  return found;
}

/// Blocks that ran on different host threads left their records in different places: a word that one of them wrote and
/// another touched is a race.
std::optional<Finding> Device::compare_traces(const Launch& launch, unsigned threads) const {
  const auto clash = [&](const BlockRunner& writer, const BlockRunner& other, const Allocation& allocation,
                         std::uint64_t page) -> std::optional<Finding> {
    Trace& wrote = *writer.trace_of(allocation.id);
    Trace& touched = *other.trace_of(allocation.id);
    const std::uint64_t end = std::min((page + 1) * kPageBytes, allocation.size);
    for (std::uint64_t byte = page * kPageBytes; byte < end; ++byte) {
      const std::uint64_t write = wrote.writes.data()[byte >> wrote.shift];
      if (write < writer.launch_start()) continue;
      const std::uint64_t theirs =
          std::max(touched.writes.data()[byte >> touched.shift], touched.reads.data()[byte >> touched.shift]);
      if (theirs < other.launch_start()) continue;
      Finding finding;
      finding.kind = "race-between-blocks";
      finding.kernel = launch.kernel->name;
      finding.block = writer.block_at(write);
      finding.what = "block " + std::to_string(finding.block) + " writes and block " +
                     std::to_string(other.block_at(theirs)) + " touches byte " + std::to_string(byte) + " of " +
                     allocation.name;
      return finding;
    }
    return std::nullopt;
  };
  for (std::uint32_t id = 0; id < memory_.count(); ++id) {
    const Allocation& allocation = memory_.at(id);
    if (!allocation.live) continue;
    for (unsigned i = 0; i < threads; ++i) {
      const Trace* writer = runners_[i]->trace_of(id);
      if (writer == nullptr) continue;
      for (unsigned j = 0; j < threads; ++j) {
        const Trace* other = i == j ? nullptr : runners_[j]->trace_of(id);
        if (other == nullptr) continue;
        for (std::uint64_t page = 0; page < allocation.pages(); ++page)
          if (writer->page_writes[page] == launch.number &&
              (other->page_writes[page] == launch.number || other->page_reads[page] == launch.number))
            if (auto finding = clash(*runners_[i], *runners_[j], allocation, page)) return finding;
      }
    }
  }
  return std::nullopt;
}

}  // namespace envlock::ptx
