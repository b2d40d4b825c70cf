// The start-up self-test: what it computes, and how its output is laid out. Shared by the kernel and the host.
#pragma once

namespace envlock::kernels::cuda {

/// Rows of the output: one operation each, on kSelfTestCount inputs.
enum SelfTestRow : int {
  self_test_exp,
  self_test_log,
  self_test_tanh,
  self_test_add,
  self_test_mul,
  self_test_div,
  self_test_sqrt,
  self_test_fma,
  self_test_convert,
  self_test_rows,
};
constexpr int kSelfTestCount = 1024;
/// Every kernel that the model's products may take then multiplies two matrices of small numbers: sides that no tile
/// divides.
constexpr int kSelfTestM = 27;
constexpr int kSelfTestN = 25;
constexpr int kSelfTestK = 37;

/// Shapes: out (self_test_rows, kSelfTestCount); inputs (2, kSelfTestCount), the numbers for the products.
struct SelfTest {
  float* out = nullptr;
  float* inputs = nullptr;
};

}  // namespace envlock::kernels::cuda
