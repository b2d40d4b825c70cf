#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "envlock/probe/cuda.h"

namespace envlock::probe {

/// A GPU on which somebody else's library is to compute: its primary context, current in the thread that made it, one
/// stream, and memory. One thread uses it. What it holds goes with it.
class CudaWorkplace {
 public:
  /// `device` is a CudaDevice::index.
  /// Throws: Error "no-cuda-driver", "no-cuda-device", "cuda-failed"; the methods "cuda-failed".
  explicit CudaWorkplace(int device);
  ~CudaWorkplace();
  CudaWorkplace(const CudaWorkplace&) = delete;
  CudaWorkplace& operator=(const CudaWorkplace&) = delete;

  const CudaDevice& device() const;
  int driver_version() const;  ///< as CudaPlatform's
  void* stream() const;        ///< a CUstream, which is a cudaStream_t too

  /// An address of device memory, a multiple of 256.
  std::uint64_t allocate(std::size_t bytes);
  /// Both are in order with what the stream does; download waits for it.
  void upload(std::uint64_t to, const void* from, std::size_t bytes) const;
  void download(void* to, std::uint64_t from, std::size_t bytes) const;

 private:
  struct Hidden;
  std::unique_ptr<Hidden> hidden_;
};

}  // namespace envlock::probe
