#include "device_operands.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace envlock::blas::cublas {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLeast = std::size_t{1} << 22;

/// From the first element of a row-major matrix to behind its last.
std::size_t extent(int rows, int columns, int ld) {
  return static_cast<std::size_t>(rows - 1) * static_cast<std::size_t>(ld) + static_cast<std::size_t>(columns);
}

template <typename T>
T* pointer(std::uint64_t address) {
  return std::bit_cast<T*>(static_cast<std::uintptr_t>(address));
}

}  // namespace

std::uint64_t DeviceOperands::place(Buffer& buffer, const float* host, std::size_t floats) {
  const std::size_t bytes = floats * sizeof(float) + kPage;
  if (buffer.bytes < bytes) {
    // What it had is given back when the workplace is: it grows a few times at most.
    buffer.bytes = std::bit_ceil(std::max(bytes, kLeast));
    buffer.address = (gpu_.allocate(buffer.bytes + kPage) + kPage - 1) / kPage * kPage;
  }
  return buffer.address + std::bit_cast<std::uintptr_t>(host) % kPage;
}

void DeviceOperands::run(const kernels::Gemm& gemm, const std::function<void(const DevicePointers&)>& multiply) {
  const bool a_transposed = gemm.form == kernels::GemmForm::tn;
  const bool b_transposed = gemm.form == kernels::GemmForm::nt;
  const std::size_t a_floats = extent(a_transposed ? gemm.K : gemm.M, a_transposed ? gemm.M : gemm.K, gemm.lda);
  const std::size_t b_floats = extent(b_transposed ? gemm.N : gemm.K, b_transposed ? gemm.K : gemm.N, gemm.ldb);
  const std::size_t c_floats = extent(gemm.M, gemm.N, gemm.ldc);
  const std::uint64_t a = place(a_, gemm.a, a_floats);
  const std::uint64_t b = place(b_, gemm.b, b_floats);
  const std::uint64_t c = place(c_, gemm.c, c_floats);
  gpu_.upload(a, gemm.a, a_floats * sizeof(float));
  gpu_.upload(b, gemm.b, b_floats * sizeof(float));
  staging_.assign(c_floats, std::numeric_limits<float>::quiet_NaN());
  gpu_.upload(c, staging_.data(), c_floats * sizeof(float));
  multiply({pointer<const float>(a), pointer<const float>(b), pointer<float>(c)});
  gpu_.download(staging_.data(), c, c_floats * sizeof(float));
  for (int row = 0; row < gemm.M; ++row) {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(row) * gemm.ldc;
    std::memcpy(gemm.c + at, staging_.data() + at, static_cast<std::size_t>(gemm.N) * sizeof(float));
  }
}

}  // namespace envlock::blas::cublas
