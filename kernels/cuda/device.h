// What a kernel may use of CUDA, under our own names: nothing else of the language's library is touched, so that clang
// needs no CUDA toolkit (-nocudainc -nocudalib), nvcc takes the same source, and tests/ptx/fiber_cuda.h can run it on
// a CPU. Arithmetic goes through these functions only: each is one instruction with `.rn`, which no compiler below may
// fuse, split or approximate.
#pragma once

#ifdef ENVLOCK_FIBER_CUDA
#include "fiber_cuda.h"
#else

#ifndef __NVCC__  // clang, without NVIDIA's headers
#define __host__ __attribute__((host))
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#endif

/// A kernel: `KERNEL BOUNDS(threads) name(parameters) { ... }`, launched with at most that many threads a block, along
/// x only.
#define KERNEL extern "C" __global__ void
#define BOUNDS(threads) __launch_bounds__(threads)
/// Memory of a block: `SHARED float tile[32];` inside a kernel or device function.
#define SHARED static __shared__
#define DEVICE __device__ __attribute__((always_inline)) inline

namespace envlock::kernels::cuda {

#ifdef __NVCC__

DEVICE int thread_x() {
  return static_cast<int>(threadIdx.x);
}
DEVICE int block_x() {
  return static_cast<int>(blockIdx.x);
}
DEVICE int block_y() {
  return static_cast<int>(blockIdx.y);
}
DEVICE int block_z() {
  return static_cast<int>(blockIdx.z);
}
DEVICE int block_size_x() {
  return static_cast<int>(blockDim.x);
}
DEVICE int grid_size_x() {
  return static_cast<int>(gridDim.x);
}
DEVICE int grid_size_y() {
  return static_cast<int>(gridDim.y);
}
/// The multiprocessor that runs this block: %smid.
DEVICE int multiprocessor() {
  int id;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(id));
  return id;
}
DEVICE void barrier() {
  __syncthreads();
}
DEVICE float shuffle_xor(float value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}

DEVICE float add(float a, float b) {
  return __fadd_rn(a, b);
}
DEVICE float sub(float a, float b) {
  return __fsub_rn(a, b);
}
DEVICE float mul(float a, float b) {
  return __fmul_rn(a, b);
}
DEVICE float div(float a, float b) {
  return __fdiv_rn(a, b);
}
DEVICE float fma(float a, float b, float c) {
  return __fmaf_rn(a, b, c);
}
DEVICE float sqrt(float a) {
  return __fsqrt_rn(a);
}
DEVICE double mul(double a, double b) {
  return __dmul_rn(a, b);
}

#else  // clang

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
DEVICE int grid_size_y() {
  return __nvvm_read_ptx_sreg_nctaid_y();
}
/// The multiprocessor that runs this block: %smid.
DEVICE int multiprocessor() {
  return __nvvm_read_ptx_sreg_smid();
}
DEVICE void barrier() {
  __syncthreads();
}
DEVICE float shuffle_xor(float value, int mask) {
  return __nvvm_shfl_sync_bfly_f32(0xffffffffu, value, mask, 0x1f);
}

DEVICE float add(float a, float b) {
  return __nvvm_add_rn_f(a, b);
}
DEVICE float sub(float a, float b) {
  return __nvvm_add_rn_f(a, -b);  // the same operation: there is no builtin of its own
}
DEVICE float mul(float a, float b) {
  return __nvvm_mul_rn_f(a, b);
}
DEVICE float div(float a, float b) {
  return __nvvm_div_rn_f(a, b);
}
DEVICE float fma(float a, float b, float c) {
  return __nvvm_fma_rn_f(a, b, c);
}
DEVICE float sqrt(float a) {
  return __nvvm_sqrt_rn_f(a);
}
DEVICE double mul(double a, double b) {
  return __nvvm_mul_rn_d(a, b);
}

#endif

/// binary64 to binary32, rounded to nearest.
DEVICE float narrow(double a) {
  return static_cast<float>(a);
}
DEVICE double widen(float a) {
  return static_cast<double>(a);
}
/// Rounded to nearest.
DEVICE float from_int(int a) {
  return static_cast<float>(a);
}
DEVICE unsigned reverse_bytes(unsigned a) {
#ifdef __NVCC__
  return __byte_perm(a, 0, 0x0123);
#else
  return __builtin_bswap32(a);
#endif
}
/// The bits of a float, and back.
DEVICE unsigned bits_of(float a) {
  return __builtin_bit_cast(unsigned, a);
}
DEVICE float float_of(unsigned a) {
  return __builtin_bit_cast(float, a);
}

}  // namespace envlock::kernels::cuda

#endif
