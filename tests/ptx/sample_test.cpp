#include <cmath>
#include <cstring>

#include "op_harness.h"
#include "samples_host.h"

using namespace envlock_test;

namespace {

constexpr std::uint64_t kOrders = 20;

std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
  std::vector<std::uint32_t> found(values.size());
  std::memcpy(found.data(), values.data(), values.size() * 4);
  return found;
}

void run_clean(Bench& bench, const envlock::ptx::Launch& launch, unsigned threads) {
  const auto result = bench.device.run(launch, threads);
  if (result.finding) FAIL(result.finding->text());
}

}  // namespace

TEST_CASE("the tiled product equals one fma a step in every bit, in any order of blocks") {
  for (const auto [m, n, k] :
       {std::array{64, 64, 16}, std::array{70, 130, 37}, std::array{1, 3, 1}, std::array{65, 64, 100}}) {
    INFO(m << "x" << n << "x" << k);
    const Gemm gemm(m, n, k);
    for (std::uint64_t seed = 1; seed <= kOrders; ++seed) {
      Bench bench(read_sample("gemm.ptx"));
      const auto run = gemm.prepare(bench);
      auto launch = run.launch;
      launch.seed = seed;
      run_clean(bench, launch, static_cast<unsigned>(seed % 3));
      REQUIRE(bits_of(bench.take<float>(run.out, gemm.c.size())) == bits_of(gemm.c));
    }
  }
}

TEST_CASE("row sums through shuffles and block sums through shared memory keep the stated order") {
  const std::vector<float> x = random_floats(77 * 100, 5);
  Bench bench(read_sample("rows.ptx"));
  const std::uint64_t in = bench.give(x, "x");
  for (std::uint64_t seed = 1; seed <= kOrders; ++seed) {
    const std::uint64_t rows = bench.reserve(77 * 4, "row sums"), blocks = bench.reserve(31 * 4, "block sums");
    auto launch = bench.launch("row_sum", {20, 1, 1}, 128, Parameters().add(in).add(rows).add(77).add(100));
    launch.seed = seed;
    run_clean(bench, launch, 2);
    REQUIRE(bits_of(bench.take<float>(rows, 77)) == bits_of(row_sums(x, 77, 100)));
    launch = bench.launch("block_sum", {31, 1, 1}, 256, Parameters().add(in).add(blocks).add(7700));
    launch.seed = seed;
    run_clean(bench, launch, 2);
    REQUIRE(bits_of(bench.take<float>(blocks, 31)) == bits_of(block_sums(x)));
  }
}

TEST_CASE("normalised rows: division and square root in every bit") {
  const std::vector<float> x = random_floats(9 * 75, 6);
  Bench bench(read_sample("rows.ptx"));
  const std::uint64_t in = bench.give(x, "x"), out = bench.reserve(x.size() * 4, "y");
  run_clean(bench, bench.launch("row_normalise", {9, 1, 1}, 32, Parameters().add(in).add(out).add(75).add(1e-5f)), 0);
  CHECK(bits_of(bench.take<float>(out, x.size())) == bits_of(normalised_rows(x, 9, 75, 1e-5f)));
}

TEST_CASE("elementwise work in double, and an optimiser step, in every bit") {
  Bench bench(read_sample("elementwise.ptx"));
  std::vector<float> x = random_floats(1000, 7);
  for (float& value : x) value *= 80;
  const std::uint64_t in = bench.give(x, "x"), out = bench.reserve(4000, "y");
  run_clean(bench, bench.launch("exponential", {4, 1, 1}, 256, Parameters().add(in).add(out).add(1000)), 0);
  CHECK(bits_of(bench.take<float>(out, 1000)) == bits_of(exponentials(x)));

  Optimiser host{random_floats(700, 8), random_floats(700, 9), random_floats(700, 10), random_floats(700, 11)};
  for (float& value : host.variance) value = std::fabs(value);
  const std::uint64_t weight = bench.give(host.weight, "weight"), mean = bench.give(host.mean, "mean"),
                      variance = bench.give(host.variance, "variance"),
                      gradient = bench.give(host.gradient, "gradient");
  run_clean(bench,
            bench.launch("adamw", {6, 1, 1}, 128,
                         Parameters().add(weight).add(mean).add(variance).add(gradient).add(700).add(0.01f).add(0.1f)),
            0);
  host.step(0.01f, 0.1f);
  CHECK(bits_of(bench.take<float>(weight, 700)) == bits_of(host.weight));
  CHECK(bits_of(bench.take<float>(mean, 700)) == bits_of(host.mean));
  CHECK(bits_of(bench.take<float>(variance, 700)) == bits_of(host.variance));
}

TEST_CASE("bytes choose table rows") {
  Bench bench(read_sample("elementwise.ptx"));
  const std::vector<std::uint8_t> tokens = {3, 0, 255, 7, 3};
  const std::vector<float> table = random_floats(256 * 50, 12);
  const std::uint64_t t = bench.give(tokens, "tokens"), from = bench.give(table, "table"),
                      out = bench.reserve(5 * 50 * 4, "out");
  run_clean(bench, bench.launch("embed", {5, 1, 1}, 32, Parameters().add(t).add(from).add(out).add(50)), 0);
  const auto have = bench.take<float>(out, 250);
  for (std::size_t i = 0; i < 250; ++i) CHECK(have[i] == table[tokens[i / 50] * 50u + i % 50]);
}

TEST_CASE("SHA-256's compression gives its published states") {
  // One block: "abc" as FIPS 180-4 pads it.
  std::vector<std::uint32_t> words(16, 0);
  words[0] = 0x61626380;
  words[15] = 24;
  Bench bench(read_sample("hash.ptx"));
  std::vector<std::uint32_t> all;
  for (int i = 0; i < 100; ++i) all.insert(all.end(), words.begin(), words.end());
  const std::uint64_t in = bench.give(all, "words"), out = bench.reserve(100 * 32, "states");
  run_clean(bench, bench.launch("sha256_blocks", {1, 1, 1}, 128, Parameters().add(in).add(out).add(100).add(1)), 0);
  const auto states = bench.take<std::uint32_t>(out, 800);
  const std::vector<std::uint32_t> want = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                           0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
  for (std::size_t i = 0; i < 800; ++i) REQUIRE(states[i] == want[i % 8]);
}
