// The libcublasLt.so.12 that belongs to the fake libcublas.so.12.
#include <algorithm>
#include <bit>
#include <cstring>

#include "behaviour.h"

using namespace envlock::fake_cublas;

namespace {

constexpr int kFloat = 0;
constexpr int kCompute32 = 68;

struct Matmul {
  std::int32_t transposed_a = 0, transposed_b = 0;
};
struct Layout {
  std::uint64_t rows = 0, columns = 0;
  std::int64_t ld = 0;
};
struct Preference {
  std::uint64_t workspace = 0;
  std::uint32_t alignments[4] = {256, 256, 256, 256};  ///< of a, b, c, d
};
struct Algorithm {
  std::uint64_t tile, slices, alignment, rest[5];
};
struct Heuristic {
  Algorithm algorithm;
  std::size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

template <typename T>
int create(void** out) {
  *out = new T;
  return success;
}
template <typename T>
int destroy(void* descriptor) {
  delete static_cast<T*>(descriptor);
  return success;
}

template <typename T>
int take(const void* value, std::size_t bytes, T& into) {
  if (bytes != sizeof into) return invalid_value;
  std::memcpy(&into, value, bytes);
  return success;
}

/// Whether the matrices of a product fit each other.
bool product_of(const Matmul& matmul, const Layout& a, const Layout& b, const Layout& c, Product& product) {
  product.transposed_a = matmul.transposed_a == 1;
  product.transposed_b = matmul.transposed_b == 1;
  product.m = static_cast<int>(product.transposed_a ? a.columns : a.rows);
  product.k = static_cast<int>(product.transposed_a ? a.rows : a.columns);
  product.n = static_cast<int>(product.transposed_b ? b.rows : b.columns);
  const auto inner = static_cast<int>(product.transposed_b ? b.columns : b.rows);
  product.lda = a.ld;
  product.ldb = b.ld;
  product.ldc = c.ld;
  return inner == product.k && static_cast<int>(c.rows) == product.m && static_cast<int>(c.columns) == product.n;
}

std::uint64_t alignment_of(const void* address) {
  return std::uint64_t{1} << std::countr_zero(std::bit_cast<std::uintptr_t>(address) | 256);
}

}  // namespace

#define ENVLOCK_FAKE_CUBLAS_EXPORT extern "C" __attribute__((visibility("default")))

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtCreate(void** handle) {
  if (const Status status = begin(); status != success) return status;
  return create<int>(handle);
}

ENVLOCK_FAKE_CUBLAS_EXPORT std::size_t cublasLtGetVersion() {
  return 120999;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatmulDescCreate(void** matmul, int compute, int scale) {
  if (compute != kCompute32 || scale != kFloat) return not_supported;
  return create<Matmul>(matmul);
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatmulDescSetAttribute(void* matmul, int attribute, const void* value,
                                                              std::size_t bytes) {
  constexpr int kTransposeA = 3, kTransposeB = 4;
  if (attribute == kTransposeA) return take(value, bytes, static_cast<Matmul*>(matmul)->transposed_a);
  if (attribute == kTransposeB) return take(value, bytes, static_cast<Matmul*>(matmul)->transposed_b);
  return invalid_value;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatmulDescDestroy(void* matmul) {
  return destroy<Matmul>(matmul);
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatrixLayoutCreate(void** layout, int type, std::uint64_t rows,
                                                          std::uint64_t columns, std::int64_t ld) {
  if (type != kFloat || rows == 0 || columns == 0 || ld < static_cast<std::int64_t>(rows)) return invalid_value;
  *layout = new Layout{rows, columns, ld};
  return success;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatrixLayoutDestroy(void* layout) {
  return destroy<Layout>(layout);
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatmulPreferenceCreate(void** preference) {
  return create<Preference>(preference);
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatmulPreferenceSetAttribute(void* preference, int attribute, const void* value,
                                                                    std::size_t bytes) {
  constexpr int kWorkspace = 1, kAlignmentA = 5, kAlignmentD = 8;
  auto* const own = static_cast<Preference*>(preference);
  if (attribute == kWorkspace) return take(value, bytes, own->workspace);
  if (attribute < kAlignmentA || attribute > kAlignmentD) return invalid_value;
  return take(value, bytes, own->alignments[attribute - kAlignmentA]);
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatmulPreferenceDestroy(void* preference) {
  return destroy<Preference>(preference);
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatmulAlgoGetHeuristic(void* handle, void* matmul, void* a, void* b, void* c,
                                                              void*, void* preference, int wanted, Heuristic* found,
                                                              int* count) {
  if (handle == nullptr) return not_initialized;
  Product product;
  if (wanted < 1 || !product_of(*static_cast<Matmul*>(matmul), *static_cast<Layout*>(a), *static_cast<Layout*>(b),
                                *static_cast<Layout*>(c), product)) {
    return invalid_value;
  }
  const auto& own = *static_cast<Preference*>(preference);
  product.workspace = own.workspace;
  const auto slices = static_cast<std::uint64_t>(slices_of(product));
  const std::uint32_t alignment = *std::min_element(own.alignments, own.alignments + 4);
  *found = {{product.m >= 128 ? 20u : 15u, slices, alignment, {}}, 0, success, 1.0f, {}};
  *count = 1;
  return success;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatmulAlgoConfigGetAttribute(const Algorithm* algorithm, int attribute,
                                                                    void* value, std::size_t bytes,
                                                                    std::size_t* written) {
  constexpr int kTile = 1, kSplitK = 2, kReduction = 3, kLast = 6;
  if (attribute > kLast || bytes != sizeof(std::uint32_t)) return invalid_value;
  const std::uint32_t answer = attribute == kTile        ? static_cast<std::uint32_t>(algorithm->tile)
                               : attribute == kSplitK    ? static_cast<std::uint32_t>(algorithm->slices)
                               : attribute == kReduction ? (algorithm->slices > 1 ? 2u : 0u)
                                                         : 0u;
  std::memcpy(value, &answer, sizeof answer);
  *written = sizeof answer;
  return success;
}

ENVLOCK_FAKE_CUBLAS_EXPORT int cublasLtMatmul(void* handle, void* matmul, const void* alpha, const void* a,
                                              void* layout_a, const void* b, void* layout_b, const void* beta,
                                              const void* c, void* layout_c, void* d, void*, const Algorithm* algorithm,
                                              void*, std::size_t workspace, void*) {
  if (handle == nullptr) return not_initialized;
  float one = 0, zero = 1;
  std::memcpy(&one, alpha, sizeof one);
  std::memcpy(&zero, beta, sizeof zero);
  Product product;
  if (one != 1 || zero != 0 || c != d ||
      !product_of(*static_cast<Matmul*>(matmul), *static_cast<Layout*>(layout_a), *static_cast<Layout*>(layout_b),
                  *static_cast<Layout*>(layout_c), product)) {
    return invalid_value;
  }
  // An algorithm that was chosen for better aligned matrices cannot take these.
  for (const void* address : {a, b, c}) {
    if (alignment_of(address) < algorithm->alignment) return invalid_value;
  }
  product.a = static_cast<const float*>(a);
  product.b = static_cast<const float*>(b);
  product.c = static_cast<float*>(d);
  product.workspace = workspace;
  if (static_cast<std::uint64_t>(slices_of(product)) != algorithm->slices) return invalid_value;
  return multiply(product);
}
