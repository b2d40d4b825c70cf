#pragma once

#include <cstdint>
#include <string>

namespace envlock::core {

/// Where long work tells how far it is. Called from any thread, so an implementation locks. The base class is silent.
class Progress {
 public:
  virtual ~Progress() = default;
  /// Begins a task such as "conda-forge/linux-64"; total in bytes, 0 when unknown. Returns its handle.
  virtual int start(const std::string& label, std::uint64_t total_bytes) {
    (void)label, (void)total_bytes;
    return 0;
  }
  virtual void update(int task, std::uint64_t done_bytes, std::uint64_t total_bytes) {
    (void)task, (void)done_bytes, (void)total_bytes;
  }
  virtual void finish(int task) { (void)task; }
};

}  // namespace envlock::core
