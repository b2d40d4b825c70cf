#pragma once

// The few names the sample kernels need, spelled with compiler builtins: no CUDA toolkit is needed to compile them.
#ifdef ENVLOCK_FIBER_CUDA
#include "../fiber_cuda.h"
using std::uint32_t;
using std::uint64_t;
using std::uint8_t;
#else

using uint32_t = unsigned int;
using uint64_t = unsigned long;
using uint8_t = unsigned char;

#define KERNEL extern "C" __attribute__((global)) void
#define DEVICE __attribute__((device)) inline
#define SHARED static __attribute__((shared))
#define CONSTANT __attribute__((constant))

DEVICE int thread_x() {
  return __nvvm_read_ptx_sreg_tid_x();
}
DEVICE int block_x() {
  return __nvvm_read_ptx_sreg_ctaid_x();
}
DEVICE int block_y() {
  return __nvvm_read_ptx_sreg_ctaid_y();
}
DEVICE int block_z() {
  return __nvvm_read_ptx_sreg_ctaid_z();
}
DEVICE int block_size_x() {
  return __nvvm_read_ptx_sreg_ntid_x();
}
DEVICE int grid_size_x() {
  return __nvvm_read_ptx_sreg_nctaid_x();
}

DEVICE void barrier() {
  __syncthreads();
}
DEVICE float shuffle_down(float value, int offset) {
  return __nvvm_shfl_sync_down_f32(0xffffffffu, value, offset, 0x1f);
}
DEVICE float shuffle_xor(float value, int mask) {
  return __nvvm_shfl_sync_bfly_f32(0xffffffffu, value, mask, 0x1f);
}

DEVICE float add(float a, float b) {
  return __nvvm_add_rn_f(a, b);
}
DEVICE float sub(float a, float b) {
  return __nvvm_add_rn_f(a, -b);
}
DEVICE float mul(float a, float b) {
  return __nvvm_mul_rn_f(a, b);
}
DEVICE float fma(float a, float b, float c) {
  return __nvvm_fma_rn_f(a, b, c);
}
DEVICE float div(float a, float b) {
  return __nvvm_div_rn_f(a, b);
}
DEVICE float sqrt(float a) {
  return __nvvm_sqrt_rn_f(a);
}
DEVICE double add(double a, double b) {
  return __nvvm_add_rn_d(a, b);
}
DEVICE double sub(double a, double b) {
  return __nvvm_add_rn_d(a, -b);
}
DEVICE double mul(double a, double b) {
  return __nvvm_mul_rn_d(a, b);
}
DEVICE double fma(double a, double b, double c) {
  return __nvvm_fma_rn_d(a, b, c);
}
DEVICE double div(double a, double b) {
  return __nvvm_div_rn_d(a, b);
}
DEVICE double sqrt(double a) {
  return __nvvm_sqrt_rn_d(a);
}
#endif
