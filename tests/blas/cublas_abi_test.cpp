// Compares every signature of cublas_abi.h with NVIDIA's headers, at compile time, where they are.
#include "../../lib/blas/src/cublas_abi.h"

#include "support/catch.h"

#if __has_include(<cublasLt.h>) && __has_include(<cublas_v2.h>)
#define ENVLOCK_HAS_CUBLAS_H
#include <cublasLt.h>
#include <cublas_v2.h>

#include <type_traits>

namespace {

using namespace envlock::blas::cublas;

/// Passed in the same way: pointers are alike, numbers and enumerations when they have one size.
template <class Ours, class Theirs>
constexpr bool same_value() {
  if constexpr (std::is_pointer_v<Ours> || std::is_pointer_v<Theirs>) {
    return std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>;
  } else {
    constexpr bool ours = std::is_integral_v<Ours> || std::is_enum_v<Ours>;
    constexpr bool theirs = std::is_integral_v<Theirs> || std::is_enum_v<Theirs>;
    return sizeof(Ours) == sizeof(Theirs) && ours == theirs;
  }
}

template <class Ours, class Theirs>
struct SameSignature : std::false_type {};
template <class OurResult, class... Ours, class TheirResult, class... Theirs>
struct SameSignature<OurResult (*)(Ours...), TheirResult (*)(Theirs...)> {
  static constexpr bool compare() {
    if constexpr (sizeof...(Ours) != sizeof...(Theirs)) {
      return false;
    } else {
      return same_value<OurResult, TheirResult>() && (same_value<Ours, Theirs>() && ...);
    }
  }
  static constexpr bool value = compare();
};

#define ENVLOCK_CUBLAS_COMPARE(name, symbol, result, parameters) \
  static_assert(SameSignature<result(*) parameters, decltype(&::symbol)>::value, #symbol " differs from its header");
ENVLOCK_CUBLAS_FUNCTIONS(ENVLOCK_CUBLAS_COMPARE)
ENVLOCK_CUBLASLT_FUNCTIONS(ENVLOCK_CUBLAS_COMPARE)
static_assert(SameSignature<decltype(Functions::set_workspace), decltype(&::cublasSetWorkspace_v2)>::value);

// In C++ their header has another function of this name.
using GemmEx = cublasStatus_t (*)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int, const void*,
                                  const void*, cudaDataType, int, const void*, cudaDataType, int, const void*, void*,
                                  cudaDataType, int, cublasComputeType_t, cublasGemmAlgo_t);
static_assert(SameSignature<decltype(Functions::gemm_ex), GemmEx>::value);
[[maybe_unused]] constexpr GemmEx kGemmEx = &::cublasGemmEx;

/// Enumerations of theirs and of ours.
constexpr bool same(int ours, int theirs) {
  return ours == theirs;
}
static_assert(same(kSuccess, CUBLAS_STATUS_SUCCESS));
static_assert(same(as_it_is, CUBLAS_OP_N));
static_assert(same(transposed, CUBLAS_OP_T));
static_assert(same(default_math, CUBLAS_DEFAULT_MATH));
static_assert(same(pedantic_math, CUBLAS_PEDANTIC_MATH));
static_assert(same(tf32_math, CUBLAS_TF32_TENSOR_OP_MATH));
static_assert(same(kReal32, CUDA_R_32F));
static_assert(same(kCompute32, CUBLAS_COMPUTE_32F));
static_assert(same(kCompute32Pedantic, CUBLAS_COMPUTE_32F_PEDANTIC));
static_assert(same(kAnyAlgorithm, CUBLAS_GEMM_DEFAULT));
static_assert(same(transpose_a, CUBLASLT_MATMUL_DESC_TRANSA));
static_assert(same(transpose_b, CUBLASLT_MATMUL_DESC_TRANSB));
static_assert(same(most_workspace, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES));
static_assert(same(alignment_a, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES));
static_assert(same(alignment_d, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES));
static_assert(same(algorithm_id, CUBLASLT_ALGO_CONFIG_ID));
static_assert(same(tile, CUBLASLT_ALGO_CONFIG_TILE_ID));
static_assert(same(split_k, CUBLASLT_ALGO_CONFIG_SPLITK_NUM));
static_assert(same(stages, CUBLASLT_ALGO_CONFIG_STAGES_ID));
static_assert(same(reduction_scheme, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME));
static_assert(same(swizzling, CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING));
static_assert(same(custom_option, CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION));
static_assert(same(inner_shape, CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID));
static_assert(same(cluster_shape, CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID));
static_assert(sizeof(Algorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(Heuristic) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(offsetof(Heuristic, workspace_bytes) == offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
static_assert(offsetof(Heuristic, state) == offsetof(cublasLtMatmulHeuristicResult_t, state));

}  // namespace
#endif

TEST_CASE("our declarations of cuBLAS are those of NVIDIA's headers") {
#ifdef ENVLOCK_HAS_CUBLAS_H
  SUCCEED("compared when this was compiled");
#else
  WARN("skipped: no cublas_v2.h and cublasLt.h");
#endif
}
