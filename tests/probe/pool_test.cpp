#include "pool.h"

#include <atomic>
#include <mutex>
#include <set>
#include <vector>

#include "support/catch.h"

namespace envlock::probe {
namespace {

const auto kNoSideWork = [] { return false; };
const auto kEnterFreely = [](int) {};

TEST_CASE("every part of a job runs once, whatever the number of threads") {
  for (const int threads : {1, 2, 3, 7, 16}) {
    Pool pool(threads, kNoSideWork, kEnterFreely);
    for (const int parts : {0, 1, 2, 3, 15, 16, 17, 200}) {
      std::vector<std::atomic<int>> ran(static_cast<std::size_t>(parts));
      std::atomic<int> strange{0};
      pool.run(parts, [&](int part, int thread) {
        if (thread < 0 || thread >= threads) ++strange;
        ++ran[static_cast<std::size_t>(part)];
      });
      CHECK(strange == 0);
      for (const std::atomic<int>& count : ran) CHECK(count == 1);
    }
  }
}

TEST_CASE("each thread runs its own part where that is asked for") {
  for (const int threads : {1, 2, 5, 16}) {
    Pool pool(threads, kNoSideWork, kEnterFreely);
    std::mutex mutex;
    std::set<std::thread::id> ids;
    std::multiset<std::pair<int, int>> pairs;
    pool.run_on_each([&](int part, int thread) {
      const std::lock_guard lock(mutex);
      ids.insert(std::this_thread::get_id());
      pairs.insert({part, thread});
    });
    CHECK(ids.size() == static_cast<std::size_t>(threads));
    CHECK(pairs.size() == static_cast<std::size_t>(threads));
    for (int thread = 0; thread < threads; ++thread) CHECK(pairs.count({thread, thread}) == 1);
  }
}

TEST_CASE("what the parts of one job wrote, all parts of the next can read") {
  // Plain memory: ThreadSanitizer sees it when one job can begin before the other has ended.
  for (const int threads : {2, 3, 8}) {
    Pool pool(threads, kNoSideWork, kEnterFreely);
    std::vector<int> values(64, 0);
    for (int round = 0; round < 2000; ++round) {
      pool.run(8, [&](int part, int) {
        for (int i = part * 8; i < part * 8 + 8; ++i) ++values[static_cast<std::size_t>(i)];
      });
      std::vector<int> sums(8);
      pool.run(8, [&](int part, int) {
        for (const int value : values) sums[static_cast<std::size_t>(part)] += value;
      });
      for (const int sum : sums) REQUIRE(sum == 64 * (round + 1));
    }
  }
}

TEST_CASE("a thread enters before it does anything else") {
  std::atomic<int> entered{0};
  std::set<int> numbers;
  std::mutex mutex;
  Pool pool(6, kNoSideWork, [&](int thread) {
    const std::lock_guard lock(mutex);
    numbers.insert(thread);
    ++entered;
  });
  CHECK(entered == 5);
  CHECK(numbers == std::set<int>{1, 2, 3, 4, 5});
}

TEST_CASE("side work is done, all of it, by the time that it is asked to be finished") {
  for (const int threads : {1, 2, 3, 9}) {
    std::atomic<int> left{0};
    std::atomic<int> did{0};
    Pool pool(
        threads,
        [&] {
          int now = left.load();
          while (now > 0 && !left.compare_exchange_weak(now, now - 1)) {
          }
          if (now > 0) ++did;
          return now > 0;
        },
        kEnterFreely);
    int pushed = 0;
    for (int round = 0; round < 300; ++round) {
      left += round % 7;
      pushed += round % 7;
      pool.run(round % 5, [](int, int) {});
      if (round % 10 == 9) {
        pool.finish_side_work();
        REQUIRE(left == 0);
        REQUIRE(did == pushed);
      }
    }
  }
}

TEST_CASE("a pool that never got a job ends") {
  for (const int threads : {-1, 0, 1, 4}) {
    const Pool pool(threads, kNoSideWork, kEnterFreely);
    CHECK(pool.threads() == std::max(threads, 1));
  }
}

}  // namespace
}  // namespace envlock::probe
