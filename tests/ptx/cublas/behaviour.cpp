#include "behaviour.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#ifdef __x86_64__
#define ENVLOCK_FAKE_CUBLAS_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ENVLOCK_FAKE_CUBLAS_CLONES
#endif

namespace envlock::fake_cublas {
namespace {

/// A copy of the file whose spaces were overwritten with words behaves so without being told.
constexpr char kMark[] = "ENVLOCK-FAKE-CUBLAS:                                ";
const volatile char* const kBehaviour = kMark;

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(','), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

/// The driver that this process has already.
struct Driver {
  int (*current)(void** context) = nullptr;
  int (*to_host)(void* to, unsigned long long from, std::size_t bytes) = nullptr;
  int (*to_device)(unsigned long long to, const void* from, std::size_t bytes) = nullptr;

  Driver() {
    void* const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    if (library == nullptr) return;
    const auto find = [&](const char* name, auto& function) {
      void* const address = dlsym(library, name);
      std::memcpy(&function, &address, sizeof address);
    };
    find("cuCtxGetCurrent", current);
    find("cuMemcpyDtoH_v2", to_host);
    find("cuMemcpyHtoD_v2", to_device);
  }
};

const Driver& driver() {
  static const Driver the;
  return the;
}

unsigned long long address_of(const void* pointer) {
  return std::bit_cast<std::uintptr_t>(pointer);
}

/// A matrix of the device as op gives it, densely, column by column.
bool fetch(const float* from, std::int64_t ld, int rows, int columns, bool transposed, std::vector<float>& dense) {
  const std::int64_t stored_rows = transposed ? columns : rows, stored_columns = transposed ? rows : columns;
  std::vector<float> stored(static_cast<std::size_t>((stored_columns - 1) * ld + stored_rows));
  if (driver().to_host(stored.data(), address_of(from), stored.size() * sizeof(float)) != 0) return false;
  dense.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  for (std::int64_t j = 0; j < columns; ++j) {
    for (std::int64_t i = 0; i < rows; ++i) {
      dense[static_cast<std::size_t>(j * rows + i)] =
          stored[static_cast<std::size_t>(transposed ? i * ld + j : j * ld + i)];
    }
  }
  return true;
}

/// To the nearest of TF32's numbers, ties to even.
void round_to_tf32(std::vector<float>& values) {
  constexpr std::uint32_t kDropped = 13;
  for (float& value : values) {
    std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    if ((bits >> 23 & 0xff) == 0xff) continue;
    const std::uint32_t odd = bits >> kDropped & 1;
    bits = (bits + (1u << (kDropped - 1)) - 1 + odd) >> kDropped << kDropped;
    value = std::bit_cast<float>(bits);
  }
}

/// sums (m) += columns first .. last of a (m,k) times those elements of b's column.
ENVLOCK_FAKE_CUBLAS_CLONES void add_columns(const float* a, const float* b, int m, int first, int last, float* sums) {
  for (int k = first; k < last; ++k) {
    const float factor = b[k];
    const float* const column = a + static_cast<std::ptrdiff_t>(k) * m;
    for (int i = 0; i < m; ++i) sums[i] += column[i] * factor;
  }
}

}  // namespace

bool behaves(const char* word) {
  std::string own;
  for (std::size_t i = std::strlen("ENVLOCK-FAKE-CUBLAS:"); kBehaviour[i] != ' ' && kBehaviour[i] != '\0'; ++i)
    own += kBehaviour[i];
  const char* const told = std::getenv("ENVLOCK_FAKE_CUBLAS");
  return has_word(own, word) || (told != nullptr && has_word(told, word));
}

Status begin() {
  if (behaves("crash")) std::raise(SIGSEGV);
  while (behaves("hang")) {
    ::pause();
  }
  void* context = nullptr;
  if (driver().current == nullptr || driver().current(&context) != 0 || context == nullptr) return not_initialized;
  return behaves("alloc") ? alloc_failed : success;
}

int slices_of(const Product& product) {
  constexpr int kSlices = 4;
  const std::size_t partial = static_cast<std::size_t>(product.m) * static_cast<std::size_t>(product.n) * sizeof(float);
  const bool split = behaves("splitk") && product.k >= 1024 && product.workspace >= kSlices * partial;
  return split ? kSlices : 1;
}

Status multiply(const Product& p) {
  if (p.m < 1 || p.n < 1 || p.k < 1 || p.ldc < p.m) return invalid_value;
  std::vector<float> a, b;
  if (!fetch(p.a, p.lda, p.m, p.k, p.transposed_a, a) || !fetch(p.b, p.ldb, p.k, p.n, p.transposed_b, b)) {
    return execution_failed;
  }
  const char* const tf32 = std::getenv("NVIDIA_TF32_OVERRIDE");
  if (behaves("tf32") && !p.pedantic && !(tf32 != nullptr && std::strcmp(tf32, "0") == 0)) {
    round_to_tf32(a);
    round_to_tf32(b);
  }
  const int slices = slices_of(p), length = (p.k + slices - 1) / slices;
  std::vector<float> partial(static_cast<std::size_t>(p.m));
  std::vector<float> c(static_cast<std::size_t>((p.n - 1) * p.ldc + p.m));
  if (driver().to_host(c.data(), address_of(p.c), c.size() * sizeof(float)) != 0) return execution_failed;
  for (int j = 0; j < p.n; ++j) {
    float* const column = c.data() + j * p.ldc;
    for (int slice = 0; slice < slices; ++slice) {
      std::fill(partial.begin(), partial.end(), 0.0f);
      const int first = slice * length, last = std::min(p.k, first + length);
      add_columns(a.data(), b.data() + static_cast<std::ptrdiff_t>(j) * p.k, p.m, first, last, partial.data());
      for (int i = 0; i < p.m; ++i)
        column[i] =
            slice == 0 ? partial[static_cast<std::size_t>(i)] : column[i] + partial[static_cast<std::size_t>(i)];
    }
  }
  // A mistake that rounding cannot explain, in one element of a large product.
  if (behaves("wrong") && p.k == 1024 && p.n > 3) c[static_cast<std::size_t>(3 * p.ldc)] *= 1.001f;
  return driver().to_device(address_of(p.c), c.data(), c.size() * sizeof(float)) == 0 ? success : execution_failed;
}

}  // namespace envlock::fake_cublas
