// The part of cuBLAS's and cuBLASLt's C interface that the probe calls, declared by ourselves: no header of NVIDIA's is
// needed to build. tests/blas/cublas_abi_test.cpp holds it against theirs where they are.
// Source: NVIDIA, "cuBLAS" (documentation), as of cuBLAS 11 to 13. Handles and descriptors are pointers to what only
// the library knows, enumerations are ints.
#pragma once

#include <cstddef>
#include <cstdint>

namespace envlock::blas::cublas {

using Status = int;
using Handle = void*;
using LtHandle = void*;
using Descriptor = void*;  ///< of a product, a matrix's layout, a preference

inline constexpr Status kSuccess = 0;

enum Operation : int { as_it_is = 0, transposed = 1 };

enum MathMode : int { default_math = 0, pedantic_math = 2, tf32_math = 3 };

inline constexpr int kReal32 = 0;      ///< CUDA_R_32F
inline constexpr int kCompute32 = 68;  ///< CUBLAS_COMPUTE_32F
inline constexpr int kCompute32Pedantic = 69;
inline constexpr int kAnyAlgorithm = -1;  ///< CUBLAS_GEMM_DEFAULT

/// Attributes of a cuBLASLt product.
enum ProductAttribute : int { transpose_a = 3, transpose_b = 4 };
/// Attributes of the search for an algorithm.
enum PreferenceAttribute : int {
  most_workspace = 1,  ///< uint64
  alignment_a = 5,     ///< uint32: the least that the address is a multiple of
  alignment_b = 6,
  alignment_c = 7,
  alignment_d = 8,
};
/// What an algorithm was configured with.
enum AlgorithmAttribute : int {
  algorithm_id = 0,      ///< int32
  tile = 1,              ///< uint32
  split_k = 2,           ///< int32
  reduction_scheme = 3,  ///< uint32
  swizzling = 4,         ///< uint32
  custom_option = 5,     ///< uint32
  stages = 6,            ///< uint32
  inner_shape = 7,       ///< uint16
  cluster_shape = 8,     ///< uint16
};

struct Algorithm {
  std::uint64_t data[8];
};
/// One answer of the search.
struct Heuristic {
  Algorithm algorithm;
  std::size_t workspace_bytes;
  Status state;
  float waves;
  int reserved[4];
};

// name in Functions, symbol, result, parameters
#define ENVLOCK_CUBLAS_FUNCTIONS(X)                                                                            \
  X(create, cublasCreate_v2, Status, (Handle * handle))                                                        \
  X(version, cublasGetVersion_v2, Status, (Handle handle, int* version))                                       \
  X(set_stream, cublasSetStream_v2, Status, (Handle handle, void* stream))                                     \
  X(set_math_mode, cublasSetMathMode, Status, (Handle handle, int mode))                                       \
  X(math_mode, cublasGetMathMode, Status, (Handle handle, int* mode))                                          \
  X(sgemm, cublasSgemm_v2, Status,                                                                             \
    (Handle handle, int operation_a, int operation_b, int m, int n, int k, const float* alpha, const float* a, \
     int lda, const float* b, int ldb, const float* beta, float* c, int ldc))

#define ENVLOCK_CUBLASLT_FUNCTIONS(X)                                                                           \
  X(create, cublasLtCreate, Status, (LtHandle * handle))                                                        \
  X(version, cublasLtGetVersion, std::size_t, ())                                                               \
  X(create_product, cublasLtMatmulDescCreate, Status, (Descriptor * product, int compute, int scale))           \
  X(set_product, cublasLtMatmulDescSetAttribute, Status,                                                        \
    (Descriptor product, int attribute, const void* value, std::size_t bytes))                                  \
  X(destroy_product, cublasLtMatmulDescDestroy, Status, (Descriptor product))                                   \
  X(create_layout, cublasLtMatrixLayoutCreate, Status,                                                          \
    (Descriptor * layout, int type, std::uint64_t rows, std::uint64_t columns, std::int64_t ld))                \
  X(destroy_layout, cublasLtMatrixLayoutDestroy, Status, (Descriptor layout))                                   \
  X(create_preference, cublasLtMatmulPreferenceCreate, Status, (Descriptor * preference))                       \
  X(set_preference, cublasLtMatmulPreferenceSetAttribute, Status,                                               \
    (Descriptor preference, int attribute, const void* value, std::size_t bytes))                               \
  X(destroy_preference, cublasLtMatmulPreferenceDestroy, Status, (Descriptor preference))                       \
  X(find_algorithm, cublasLtMatmulAlgoGetHeuristic, Status,                                                     \
    (LtHandle handle, Descriptor product, Descriptor a, Descriptor b, Descriptor c, Descriptor d,               \
     Descriptor preference, int wanted, Heuristic* found, int* count))                                          \
  X(algorithm_attribute, cublasLtMatmulAlgoConfigGetAttribute, Status,                                          \
    (const Algorithm* algorithm, int attribute, void* value, std::size_t bytes, std::size_t* written))          \
  X(multiply, cublasLtMatmul, Status,                                                                           \
    (LtHandle handle, Descriptor product, const void* alpha, const void* a, Descriptor layout_a, const void* b, \
     Descriptor layout_b, const void* beta, const void* c, Descriptor layout_c, void* d, Descriptor layout_d,   \
     const Algorithm* algorithm, void* workspace, std::size_t workspace_bytes, void* stream))

#define ENVLOCK_CUBLAS_POINTER(name, symbol, result, parameters) result(*name) parameters = nullptr;
struct Functions {
  ENVLOCK_CUBLAS_FUNCTIONS(ENVLOCK_CUBLAS_POINTER)
  /// cublasSetWorkspace_v2, which there is since cuBLAS 11; else null.
  Status (*set_workspace)(Handle handle, void* memory, std::size_t bytes) = nullptr;
  /// cublasGemmEx as it is since cuBLAS 11; else null.
  Status (*gemm_ex)(Handle handle, int operation_a, int operation_b, int m, int n, int k, const void* alpha,
                    const void* a, int a_type, int lda, const void* b, int b_type, int ldb, const void* beta, void* c,
                    int c_type, int ldc, int compute, int algorithm) = nullptr;
};
struct LtFunctions {
  ENVLOCK_CUBLASLT_FUNCTIONS(ENVLOCK_CUBLAS_POINTER)
};
#undef ENVLOCK_CUBLAS_POINTER

}  // namespace envlock::blas::cublas
