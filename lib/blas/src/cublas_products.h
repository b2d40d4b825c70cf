// Matrix products as cuBLAS and cuBLASLt do them, behind the convention of all libraries.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cublas_library.h"
#include "device_operands.h"
#include "envlock/blas/sum_order.h"
#include "envlock/probe/cuda_workplace.h"

namespace envlock::blas::cublas {

/// What there is to be told of a way to multiply: pairs of names and texts.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// Memory that a library may use while it computes. Its size can decide which algorithm is taken.
struct Workspace {
  std::uint64_t address = 0;
  std::size_t bytes = 0;
};

/// cublasSgemm, or cublasGemmEx where it was loaded, on one stream with a workspace of ours.
class Sgemm {
 public:
  /// Throws: Failure, core::Error "cuda-failed"; so do the products.
  Sgemm(const Functions& functions, probe::CudaWorkplace& gpu, const Workspace& workspace, bool pedantic);

  Product product() const;
  const char* function() const;  ///< its name
  /// "version", "math mode".
  Facts facts() const;

 private:
  const Functions& functions_;
  std::shared_ptr<DeviceOperands> operands_;
  Handle handle_ = nullptr;
  int compute_ = kCompute32;
};

/// cublasLtMatmul, each time with the algorithm that its heuristics name first.
class LtMatmul {
 public:
  LtMatmul(const LtFunctions& functions, probe::CudaWorkplace& gpu, const Workspace& workspace);

  Product product();
  /// "version"; and of the shapes of the battery that were multiplied, "algorithm gemm.nn.64x64x64": its attributes.
  Facts facts() const;

 private:
  void multiply(const kernels::Gemm& gemm, const DevicePointers& pointers);
  std::string describe(const Algorithm& algorithm) const;

  const LtFunctions& functions_;
  std::shared_ptr<DeviceOperands> operands_;
  Workspace workspace_;
  void* stream_;
  LtHandle handle_ = nullptr;
  std::map<std::string, std::string> algorithms_;  ///< by the name of the shape; the first that was taken
};

}  // namespace envlock::blas::cublas
