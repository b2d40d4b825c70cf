#pragma once

#include <cstdint>
#include <string>

namespace envlock::core {

/// Where long work tells how far it is. Called from any thread, so an implementation locks. The base class is silent.
class Progress {
 public:
  virtual ~Progress() = default;
  /// What a task counts.
  enum class Unit { bytes, steps, seconds };

  /// Begins a task such as "conda-forge/linux-64"; the total is 0 when unknown. Returns its handle.
  virtual int start(const std::string& label, std::uint64_t total, Unit unit) {
    (void)label, (void)total, (void)unit;
    return 0;
  }
  int start(const std::string& label, std::uint64_t total_bytes) { return start(label, total_bytes, Unit::bytes); }
  virtual void update(int task, std::uint64_t done, std::uint64_t total) { (void)task, (void)done, (void)total; }
  virtual void finish(int task) { (void)task; }
};

}  // namespace envlock::core
