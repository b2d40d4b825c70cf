#pragma once

#include "../interpreter/runner.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace envlock::fake_cuda {

struct FakeDevice {
  std::string name;
  std::string uuid;  ///< 16 bytes
  std::string pci;
  int sm_count = 16;
};

/// "fail the `call`-th call of `function` with `value`".
struct CallFault {
  std::string function;
  std::uint64_t call = 1;
  int value = 0;
};

/// What the environment asks for; tests/ptx/README.md explains each variable.
struct Config {
  std::vector<FakeDevice> devices;
  int capability_major = 8, capability_minor = 9;
  int driver_version = 13000;
  std::uint64_t memory_bytes = std::uint64_t{2} << 30;
  bool check_races = true, check_undefined = true, check_policy = true;
  bool late = false;  ///< asynchronous work is done only when somebody waits for it
  std::uint64_t seed = 1;
  unsigned threads = 0;
  int init_result = 0;
  std::string jit_error;
  std::string report, statistics;
  std::vector<CallFault> failures, hangs;
  std::string flip_kernel;
  ptx::FlipFault flip;
  int flip_device = -1;
};

/// Read once.
const Config& config();

}  // namespace envlock::fake_cuda
