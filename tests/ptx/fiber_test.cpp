#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>

#define ENVLOCK_FIBER_CUDA
#include "samples/device.h"
#include "samples_host.h"

/// The sample kernels compiled as host C++, each thread of a block a fiber.
namespace envlock::kernels::cuda {
// In the namespace of add, fma and the rest, so that these come before the C library's.
#include "samples/elementwise.cu"
#include "samples/gemm.cu"
#include "samples/hash.cu"
#include "samples/rows.cu"

KERNEL unfinished(int* counter) {
  if (thread_x() == 3) return;
  barrier();
  ++*counter;
}

KERNEL two_barriers(int* counter) {
  if (thread_x() < 5) {
    barrier();
  } else {
    barrier();
  }
  ++*counter;
}

KERNEL lonely_shuffle(float* out) {
  if (thread_x() == 3) return;
  out[thread_x()] = shuffle_xor(1.0f, 1);
}

KERNEL order(int* places, int* next) {
  places[thread_x()] = (*next)++;
}

}  // namespace envlock::kernels::cuda

using namespace envlock_test;
namespace cuda = envlock::kernels::cuda;
namespace fiber = envlock::fiber;

namespace {

bool same_bits(const std::vector<float>& left, const std::vector<float>& right) {
  return left.size() == right.size() && std::memcmp(left.data(), right.data(), left.size() * 4) == 0;
}

}  // namespace

TEST_CASE("kernels on fibers give the bits of scalar C++, in any order of threads") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Gemm gemm(70, 130, 37);
    std::vector<float> c(gemm.c.size());
    fiber::launch({3, 2, 1}, 256, seed,
                  [&] { cuda::gemm(gemm.a.data(), gemm.b.data(), c.data(), gemm.m, gemm.n, gemm.k); });
    CHECK(same_bits(c, gemm.c));

    const std::vector<float> x = random_floats(77 * 100, 5);
    std::vector<float> rows(77), blocks(31), normal(x.size());
    fiber::launch({20, 1, 1}, 128, seed, [&] { cuda::row_sum(x.data(), rows.data(), 77, 100); });
    CHECK(same_bits(rows, row_sums(x, 77, 100)));
    fiber::launch({31, 1, 1}, 256, seed, [&] { cuda::block_sum(x.data(), blocks.data(), 7700); });
    CHECK(same_bits(blocks, block_sums(x)));
    fiber::launch({77, 1, 1}, 32, seed, [&] { cuda::row_normalise(x.data(), normal.data(), 100, 1e-5f); });
    CHECK(same_bits(normal, normalised_rows(x, 77, 100, 1e-5f)));

    std::vector<float> y(x.size());
    fiber::launch({31, 1, 1}, 256, seed, [&] { cuda::exponential(x.data(), y.data(), 7700); });
    CHECK(same_bits(y, exponentials(x)));
  }
}

TEST_CASE("SHA-256 on fibers gives its published state") {
  std::vector<std::uint32_t> words(16, 0), states(8);
  words[0] = 0x61626380;
  words[15] = 24;
  fiber::launch({1, 1, 1}, 32, 1, [&] { cuda::sha256_blocks(words.data(), states.data(), 1, 1); });
  CHECK(states == std::vector<std::uint32_t>{0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c,
                                             0xb410ff61, 0xf20015ad});
}

TEST_CASE("threads that wait for others that never come are an error") {
  int counter = 0;
  CHECK_THROWS_AS(fiber::launch({1, 1, 1}, 32, 1, [&] { cuda::unfinished(&counter); }), std::runtime_error);
  CHECK_THROWS_AS(fiber::launch({1, 1, 1}, 32, 1, [&] { cuda::two_barriers(&counter); }), std::runtime_error);
  CHECK(counter == 0);
  std::vector<float> out(32);
  CHECK_THROWS_AS(fiber::launch({1, 1, 1}, 32, 1, [&] { cuda::lonely_shuffle(out.data()); }), std::runtime_error);
}

TEST_CASE("the seed decides who runs first") {
  const auto run = [](std::uint64_t seed) {
    std::vector<int> places(64);
    int next = 0;
    fiber::launch({1, 1, 1}, 64, seed, [&] { cuda::order(places.data(), &next); });
    return places;
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}

TEST_CASE("an access past an array's end is seen by AddressSanitizer on a fiber too") {
#ifdef ENVLOCK_FIBER_ASAN
  const auto exit_code = [](std::size_t missing) {
    const pid_t child = fork();
    if (child == 0) {
      std::freopen("/dev/null", "w", stderr);
      const std::vector<float> x(300, 1.0f);
      std::vector<float> y(300 - missing);
      y.shrink_to_fit();
      fiber::launch({2, 1, 1}, 256, 1, [&] { cuda::exponential(x.data(), y.data(), 300); });
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  CHECK(exit_code(0) == 0);
  CHECK(exit_code(1) != 0);
#else
  WARN("skipped: built without AddressSanitizer");
#endif
}
