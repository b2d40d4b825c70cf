// What the fake cuBLAS has in common with the fake cuBLASLt.
#pragma once

#include <cstddef>
#include <cstdint>

namespace envlock::fake_cublas {

enum Status : int {
  success = 0,
  not_initialized = 1,
  alloc_failed = 3,
  invalid_value = 7,
  execution_failed = 13,
  not_supported = 15,
};

/// Whether this library is to behave so: "tf32", "splitk", "wrong", "alloc", "crash", "hang". Told by
/// ENVLOCK_FAKE_CUBLAS, words with commas between; or, in a copy of the file, by the words behind its mark.
bool behaves(const char* word);

/// A product of column-major matrices in device memory, c (m,n) = op(a) op(b), alpha 1 and beta 0.
struct Product {
  bool transposed_a = false, transposed_b = false;
  int m = 0, n = 0, k = 0;
  const float* a = nullptr;
  std::int64_t lda = 0;
  const float* b = nullptr;
  std::int64_t ldb = 0;
  float* c = nullptr;
  std::int64_t ldc = 0;
  bool pedantic = false;
  std::size_t workspace = 0;
};

/// How many slices of k are added up by themselves.
int slices_of(const Product& product);

/// Each element is one chain of k ascending, product by product, or one chain for each slice. With "tf32" operands are
/// rounded to 10 bits, but for a pedantic product and where NVIDIA_TF32_OVERRIDE is 0.
Status multiply(const Product& product);

/// What the first call of a library meets: no context is not_initialized.
Status begin();

}  // namespace envlock::fake_cublas
