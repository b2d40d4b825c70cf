// The operands of a product on a GPU: copied there, and the result copied back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "envlock/kernels/gemm.h"
#include "envlock/probe/cuda_workplace.h"

namespace envlock::blas::cublas {

/// Addresses of device memory. Each lies where the host's operand does, modulo 4096, so that a sweep over addresses is
/// one on the device too.
struct DevicePointers {
  const float* a = nullptr;
  const float* b = nullptr;
  float* c = nullptr;
};

class DeviceOperands {
 public:
  explicit DeviceOperands(probe::CudaWorkplace& gpu) : gpu_(gpu) {}

  /// gemm.c = what `multiply` leaves on the device. Before, c is full of NaNs there, so that an element that nobody
  /// wrote shows. Of gemm.c only the M rows of N floats are written.
  void run(const kernels::Gemm& gemm, const std::function<void(const DevicePointers&)>& multiply);

 private:
  struct Buffer {
    std::uint64_t address = 0;  ///< a multiple of kPage
    std::size_t bytes = 0;
  };
  std::uint64_t place(Buffer& buffer, const float* host, std::size_t floats);

  probe::CudaWorkplace& gpu_;
  Buffer a_, b_, c_;
  std::vector<float> staging_;
};

}  // namespace envlock::blas::cublas
