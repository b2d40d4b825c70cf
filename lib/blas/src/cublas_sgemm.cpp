#include "cublas_products.h"

#include <bit>

namespace envlock::blas::cublas {
namespace {

std::string mode_words(int mode) {
  switch (mode) {
    case default_math:
      return "default";
    case pedantic_math:
      return "pedantic";
    case tf32_math:
      return "tf32";
    default:
      return std::to_string(mode);
  }
}

}  // namespace

Sgemm::Sgemm(const Functions& functions, probe::CudaWorkplace& gpu, const Workspace& workspace, bool pedantic)
    : functions_(functions), operands_(std::make_shared<DeviceOperands>(gpu)) {
  check(functions.create(&handle_), "cublasCreate_v2");
  check(functions.set_stream(handle_, gpu.stream()), "cublasSetStream_v2");
  // After the stream, which sets the library's own workspace again.
  void* const memory = std::bit_cast<void*>(static_cast<std::uintptr_t>(workspace.address));
  if (functions.set_workspace != nullptr) {
    check(functions.set_workspace(handle_, memory, workspace.bytes), "cublasSetWorkspace_v2");
  }
  if (!pedantic) return;
  check(functions.set_math_mode(handle_, pedantic_math), "cublasSetMathMode");
  compute_ = kCompute32Pedantic;
}

const char* Sgemm::function() const {
  return functions_.gemm_ex == nullptr ? "cublasSgemm_v2" : "cublasGemmEx";
}

Product Sgemm::product() const {
  return [operands = operands_, f = functions_, handle = handle_, compute = compute_,
          name = function()](const kernels::Gemm& g) {
    operands->run(g, [&](const DevicePointers& at) {
      // Its matrices lie the other way round: it is asked for the transposed of c, which is b's times a's.
      const int first = g.form == kernels::GemmForm::nt ? transposed : as_it_is;
      const int second = g.form == kernels::GemmForm::tn ? transposed : as_it_is;
      const float one = 1, zero = 0;
      const Status status =
          f.gemm_ex == nullptr
              ? f.sgemm(handle, first, second, g.N, g.M, g.K, &one, at.b, g.ldb, at.a, g.lda, &zero, at.c, g.ldc)
              : f.gemm_ex(handle, first, second, g.N, g.M, g.K, &one, at.b, kReal32, g.ldb, at.a, kReal32, g.lda, &zero,
                          at.c, kReal32, g.ldc, compute, kAnyAlgorithm);
      check(status, name);
    });
  };
}

Facts Sgemm::facts() const {
  Facts facts;
  int version = 0;
  check(functions_.version(handle_, &version), "cublasGetVersion_v2");
  facts.emplace_back("version", format_version(version));
  int mode = 0;
  check(functions_.math_mode(handle_, &mode), "cublasGetMathMode");
  facts.emplace_back("math mode", mode_words(mode));
  return facts;
}

}  // namespace envlock::blas::cublas
