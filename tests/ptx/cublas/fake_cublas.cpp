// A libcublas.so.12 for tests: the calls that the probe makes, with the behaviour that NVIDIA documents for them, on
// the memory of whatever libcuda.so.1 the process has.
#include "behaviour.h"

using namespace envlock::fake_cublas;

namespace {

struct Context {
  int math_mode = 0;
  std::size_t workspace = 8 << 20;
};

constexpr int kVersion = 120999;
constexpr int kPedantic = 2;
constexpr int kLastMode = 3;

Context* context_of(void* handle) {
  return static_cast<Context*>(handle);
}

}  // namespace

#define ENVLOCK_FAKE_CUBLAS_EXPORT extern "C" __attribute__((visibility("default")))

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasCreate_v2(void** handle) {
  if (handle == nullptr) return invalid_value;
  if (const Status status = begin(); status != success) return status;
  *handle = new Context;
  return success;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasGetVersion_v2(void* handle, int* version) {
  if (handle == nullptr) return not_initialized;
  *version = kVersion;
  return success;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasSetStream_v2(void* handle, void*) {
  if (handle == nullptr) return not_initialized;
  context_of(handle)->workspace = Context().workspace;  // the library's own again
  return success;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasSetWorkspace_v2(void* handle, void* memory, std::size_t bytes) {
  if (handle == nullptr) return not_initialized;
  if (memory == nullptr && bytes > 0) return invalid_value;
  context_of(handle)->workspace = bytes;
  return success;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasSetMathMode(void* handle, int mode) {
  if (handle == nullptr) return not_initialized;
  if (mode < 0 || mode > kLastMode) return invalid_value;
  context_of(handle)->math_mode = mode;
  return success;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasGetMathMode(void* handle, int* mode) {
  if (handle == nullptr) return not_initialized;
  *mode = context_of(handle)->math_mode;
  return success;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasSgemm_v2(void* handle, int operation_a, int operation_b, int m, int n, int k,
                                              const float* alpha, const float* a, int lda, const float* b, int ldb,
                                              const float* beta, float* c, int ldc) {
  if (handle == nullptr) return not_initialized;
  if (operation_a > 1 || operation_b > 1 || *alpha != 1 || *beta != 0) return not_supported;
  return multiply({.transposed_a = operation_a == 1,
                   .transposed_b = operation_b == 1,
                   .m = m,
                   .n = n,
                   .k = k,
                   .a = a,
                   .lda = lda,
                   .b = b,
                   .ldb = ldb,
                   .c = c,
                   .ldc = ldc,
                   .pedantic = context_of(handle)->math_mode == kPedantic,
                   .workspace = context_of(handle)->workspace});
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasGemmEx(void* handle, int operation_a, int operation_b, int m, int n, int k,
                                            const void* alpha, const void* a, int a_type, int lda, const void* b,
                                            int b_type, int ldb, const void* beta, void* c, int c_type, int ldc,
                                            int compute, int algorithm) {
  constexpr int kFloat = 0, kCompute32 = 68, kCompute32Pedantic = 69, kAny = -1;
  if (handle == nullptr) return not_initialized;
  if (a_type != kFloat || b_type != kFloat || c_type != kFloat || algorithm != kAny) return not_supported;
  if (compute != kCompute32 && compute != kCompute32Pedantic) return not_supported;
  const int mode = context_of(handle)->math_mode;
  if (compute == kCompute32Pedantic) context_of(handle)->math_mode = kPedantic;
  const int status = cublasSgemm_v2(handle, operation_a, operation_b, m, n, k, static_cast<const float*>(alpha),
                                    static_cast<const float*>(a), lda, static_cast<const float*>(b), ldb,
                                    static_cast<const float*>(beta), static_cast<float*>(c), ldc);
  context_of(handle)->math_mode = mode;
  return status;
}
