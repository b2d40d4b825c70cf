#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/run_document.h"

namespace envlock::probe {

/// The first wrong digest of one step of one replica.
struct SoakMismatch {
  int step = -1;      ///< -1: the initial state
  std::string op;     ///< the tensor
  std::string where;  ///< as near as it is known: "replica 17, multiprocessors 3 and 4"; may be empty
};

/// What one unit did: a processor core, or a GPU.
struct SoakUnit {
  std::string name;        ///< "cpu 3"
  bool pinned = true;      ///< false: the system refused to bind the worker
  std::uint64_t runs = 0;  ///< complete runs of all steps
  std::uint64_t steps = 0;
  std::uint64_t digests = 0;             ///< held against golden
  std::uint64_t wrong = 0;               ///< steps with at least one wrong digest
  std::vector<SoakMismatch> mismatches;  ///< of the first kMostMismatches wrong steps

  static constexpr std::size_t kMostMismatches = 16;
};

struct SoakReport {
  std::string size;
  double seconds = 0;
  std::vector<SoakUnit> units;
  bool clean() const {
    for (const SoakUnit& unit : units) {
      if (unit.wrong > 0) return false;
    }
    return true;
  }
};

struct SoakOptions {
  double seconds = 0;
  std::string isa;  ///< empty: the fastest
  Disturb disturb;  ///< for drills: applied on the first unit
  std::function<void(double seconds_done)> progress;
};

/// Replicas on every multiprocessor of one GPU, compared on the device with golden.
/// Throws: as make_cuda_backend.
SoakUnit soak_cuda(const Plan& plan, int device, const std::string& name, const SoakOptions& options);

/// Independent replicas, one worker bound to each processor that this process may use, every digest held against
/// golden. Each runs at least one step, and ends with the step that passes the time limit.
SoakReport soak_cpu(const Plan& plan, const SoakOptions& options);

}  // namespace envlock::probe
