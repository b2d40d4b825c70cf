// The tiers that run an environment's own code: children are started, watched and asked again.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/blas/cublas.h"
#include "envlock/blas/find.h"
#include "envlock/core/diagnostic.h"
#include "envlock/probe/tier_run.h"

namespace envlock::tools {

struct TierRequest {
  std::filesystem::path prefix;
  std::map<std::string, std::string> variables;    ///< of the prefix, which activation would set
  std::map<std::string, std::string> environment;  ///< to start from
  std::string subject;                             ///< only this one; "": all
  /// A library to run in the place of the one that would be found; then `subject` is whose it is.
  std::optional<blas::Library> library;
  /// The same of the tier `cublas`; absent: the one that is found.
  std::optional<blas::CublasLibrary> cublas;
  /// The only GPU to run it on; absent: all of the tier `cublas`, and of python's tiers the processor alone.
  std::optional<int> device;
  bool torch_on_gpu = false;  ///< the environment's torch was built for CUDA: run_gpu_tiers asks it too
  /// Of a replay: nothing is computed after a battery with another root than this.
  std::optional<core::Sha256> battery;
  std::string size = "quick";
  int steps = 0;  ///< 0: all
  int threads = 1;
  int repeat = 1;
  double most_seconds = 60;  ///< for one child; python has three times that
};

/// The tier `blas` of each library that the programs of the prefix would load; of each once, and again in `repeat`
/// fresh processes with its buffers elsewhere. None when the prefix has no such library; then a note says so.
std::vector<probe::TierRun> run_blas_tiers(const TierRequest& request, core::Notes& notes);

/// The tiers `torch` (as found and deterministic) or `numpy` of the prefix's own python, in a process of its own, and
/// again in `repeat` fresh ones. None when the prefix has no python, or one that has neither. Of a request with a
/// device the tier `torch` on that GPU.
std::vector<probe::TierRun> run_python_tiers(const TierRequest& request);

/// One of them ran a torch that was built for CUDA.
bool has_torch_for_cuda(const std::vector<probe::TierRun>& runs);

/// The number in "cuda:1"; 0 where there is none.
int device_number(std::string_view device);

/// The files that change the floating-point environment when they are loaded: of the candidates, in order, those that
/// do it although what they need does not. Each is loaded in a process of its own.
std::vector<std::string> find_fp_culprits(const std::vector<std::filesystem::path>& candidates,
                                          const TierRequest& request);

/// The same of the files that LD_PRELOAD names.
std::vector<std::string> find_preloaded_fp_culprits(const TierRequest& request);

}  // namespace envlock::tools
