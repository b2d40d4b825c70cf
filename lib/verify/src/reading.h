#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "envlock/core/progress.h"
#include "file_lane.h"
#include "hash_store.h"

namespace envlock::verify {

/// Work that reads bytes, done on all threads, the longest first, so that they end together. Files are hashed beside
/// the hashing of the other work (core/sha256_company.h), and two at a time when there is no other work left.
class ReadingWork {
 public:
  ReadingWork(std::size_t threads, core::Progress& progress) : threads_(threads), progress_(progress) {}

  /// `bytes`: that it reads, for the progress; `cost`: how long it takes, in bytes of plain hashing.
  void add(std::uint64_t bytes, std::uint64_t cost, std::function<void()> work) {
    tasks_.push_back({bytes, cost, std::move(work)});
  }
  /// Hashes a file, unless that was asked for already.
  void add(const Node& node, HashStore& hashes);
  void run(const char* label);

 private:
  struct Task {
    std::uint64_t bytes = 0;
    std::uint64_t cost = 0;
    std::function<void()> work;
  };
  std::size_t threads_;
  core::Progress& progress_;
  std::vector<Task> tasks_;
  std::vector<HashJob> files_;
};

}  // namespace envlock::verify
