#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "envlock/kernels/gemm.h"
#include "envlock/probe/backend.h"

namespace envlock::probe {

/// Under which floating-point environment a CPU run computes.
enum class FpMode {
  normalised,  ///< IEEE 754 defaults in every thread, put back afterwards
  as_found     ///< whatever each thread has
};

/// For tests and drills: sees every digested tensor when its op is done and may change it.
using Disturb = std::function<void(int step, TensorId tensor, std::span<std::uint32_t> words)>;

struct CpuOptions {
  std::string isa;  ///< "scalar", "avx2", "avx512", "neon"; empty: the fastest that this machine has
  int threads = 1;
  FpMode fp_mode = FpMode::normalised;
  bool digests = true;  ///< false: StepResult has no roots (to measure the computation alone)
  Disturb disturb;
  /// Another library's matrix products in place of ours; then the digests are that library's.
  std::optional<kernels::GemmFunctions> gemm;
};

/// The names of the instruction sets that this machine can run, slowest first.
std::vector<std::string> usable_isas();
/// Throws: Error "unknown-isa" when this machine cannot run that instruction set.
std::unique_ptr<Backend> make_cpu_backend(const Plan& plan, const CpuOptions& options);

/// The settings that differ from IEEE 754's defaults in a thread that nobody normalised, thread by thread: the caller
/// first, then `threads - 1` new ones. Empty lists mean that all is in order.
std::vector<std::vector<std::string>> found_fp_settings(int threads);

}  // namespace envlock::probe
