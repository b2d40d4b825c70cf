#include "operands.h"

#include <cstdlib>
#include <new>

#include "envlock/kernels/philox.h"
#include "envlock/probe/digest_tree.h"

namespace envlock::blas {
namespace {

constexpr std::uint32_t kUniformStream = 16;
constexpr std::uint32_t kIntegerStream = 17;
constexpr std::size_t kPage = 4096;

template <typename Make>
void fill(Floats& floats, std::uint32_t number, std::uint32_t stream, const Make& make) {
  for (std::size_t i = 0; i < floats.size(); i += 4) {
    const kernels::PhiloxWords words = kernels::philox(static_cast<std::uint32_t>(i / 4), number, stream);
    for (std::size_t j = 0; j < 4 && i + j < floats.size(); ++j) floats.data()[i + j] = make(words.w[j]);
  }
}

}  // namespace

Floats::Floats(std::size_t count, std::size_t shift) : count_(count) {
  const std::size_t bytes = (count * sizeof(float) + shift + 2 * kPage - 1) / kPage * kPage;
  memory_.reset(std::aligned_alloc(kPage, bytes));
  if (memory_ == nullptr) throw std::bad_alloc();
  data_ = static_cast<float*>(static_cast<void*>(static_cast<char*>(memory_.get()) + shift));
}

void Floats::Free::operator()(void* memory) const {
  std::free(memory);
}

std::span<const std::uint32_t> Floats::words() const {
  return {reinterpret_cast<const std::uint32_t*>(data_), count_};
}

void fill_uniform(Floats& floats, std::uint32_t number) {
  fill(floats, number, kUniformStream, [](std::uint32_t word) {
    return static_cast<float>(static_cast<std::int32_t>(word >> 8) - (1 << 23)) * 0x1p-23f;
  });
}

void fill_integers(Floats& floats, std::uint32_t number) {
  fill(floats, number, kIntegerStream,
       [](std::uint32_t word) { return static_cast<float>(static_cast<std::int32_t>(word % 17) - 8); });
}

core::Sha256 digest_of(std::span<const std::uint32_t> words) {
  return probe::tree_root(probe::tensor_leaves(words, probe::ElementType::f32, nullptr));
}

}  // namespace envlock::blas
