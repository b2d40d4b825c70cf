// The CUDA driver, found at run time: one program serves machines with and without a GPU.
#pragma once

#include <string>

#include "cuda_abi.h"
#include "envlock/probe/cuda.h"

namespace envlock::probe::cuda {

/// The driver, loaded and initialised once for the whole process, and never unloaded.
/// Throws: Error "no-cuda-driver" where there is none that we can use, "no-cuda-device" where it sees no GPU.
class Driver {
 public:
  static const Driver& get();

  const Functions& functions() const { return functions_; }
  int version() const { return version_; }
  const std::string& library() const { return library_; }

  /// Throws: Error "cuda-failed" unless `result` is success. `call` is the driver's name of the function that gave it,
  /// `device` says which GPU it was about, or is empty.
  void check(Result result, const char* call, const std::string& device = {}) const;

  /// Throws: Error "cuda-failed".
  CudaDevice describe(int index) const;
  int device_count() const;

 private:
  Driver();
  void load();

  Functions functions_;
  int version_ = 0;
  std::string library_;
};

/// "GPU 0 (NVIDIA A100-SXM4-40GB, 0000:3b:00.0)".
std::string name_of(const CudaDevice& device);

}  // namespace envlock::probe::cuda
