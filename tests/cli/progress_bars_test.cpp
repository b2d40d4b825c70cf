#include "progress_bars.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "support/temporary_folder.h"

using envlock::tools::ProgressBars;

namespace {

/// What `work` writes to standard error.
template <typename Work>
std::string captured(Work work) {
  const envlock_test::TemporaryFolder folder;
  const std::string path = folder.path() / "stderr";
  const int kept = dup(STDERR_FILENO);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(file, STDERR_FILENO);
  close(file);
  work();
  dup2(kept, STDERR_FILENO);
  close(kept);
  std::ifstream text(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(text), {}};
}

void wait_past_patience() {
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
}

}  // namespace

TEST_CASE("what takes less than half a second is not told") {
  for (const auto mode : {ProgressBars::Mode::lines, ProgressBars::Mode::bars}) {
    CHECK(captured([&] {
            ProgressBars bars(mode, {});
            const int task = bars.start("conda-forge/linux-64", 100);
            bars.update(task, 50, 100);
            bars.finish(task);
          }).empty());
  }
}

TEST_CASE("long work is told in lines where there is no terminal") {
  const std::string told = captured([] {
    ProgressBars bars(ProgressBars::Mode::lines, {});
    const int task = bars.start("conda-forge/linux-64\x1b[2J", 2'000'000);
    wait_past_patience();
    bars.update(task, 1'000'000, 2'000'000);
    bars.update(task, 2'000'000, 2'000'000);
    bars.finish(task);
  });
  INFO(told);
  CHECK(told.find('\x1b') == std::string::npos);
  CHECK(told.rfind("conda-forge/linux-64", 0) == 0);
  CHECK(told.find(": 1.0 MB of 2.0 MB\n") != std::string::npos);
  CHECK(told.find(": 2.0 MB in 0.") != std::string::npos);
}

TEST_CASE("bars are drawn on a terminal and taken off it at the end") {
  const std::string told = captured([] {
    ProgressBars bars(ProgressBars::Mode::bars, {});
    const int known = bars.start("a", 100);
    const int unknown = bars.start("longer", 0);
    wait_past_patience();
    bars.update(unknown, 7'000, 0);
    bars.update(known, 50, 100);
    bars.finish(known);
    bars.finish(unknown);
  });
  CHECK(told.find("  longer  7.0 kB\n") != std::string::npos);
  CHECK(told.size() > 16);
  CHECK(told.substr(told.size() - 16) == "\x1b[1A\x1b[2K\x1b[1A\x1b[2K");
}

TEST_CASE("silent bars say nothing however long it takes") {
  CHECK(captured([] {
          ProgressBars bars(ProgressBars::Mode::silent, {});
          const int task = bars.start("a", 1);
          wait_past_patience();
          bars.update(task, 1, 1);
          bars.finish(task);
        }).empty());
}

TEST_CASE("many threads may tell their progress at once") {
  captured([] {
    ProgressBars bars(ProgressBars::Mode::bars, {});
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&bars, i] {
        const int task = bars.start("task " + std::to_string(i), 1000);
        for (std::uint64_t done = 0; done <= 1000; ++done) bars.update(task, done, 1000);
        bars.finish(task);
      });
    }
    for (std::thread& thread : threads) thread.join();
    bars.clear();
  });
  SUCCEED();
}
