#pragma once

#include <cmath>
#include <vector>

#include "op_harness.h"

/// The sample kernels in scalar C++, with the order of every sum that their comments state.
namespace envlock_test {

inline std::vector<float> random_floats(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = random.unit();
  return values;
}

struct Gemm {
  Gemm(int rows, int columns, int depth)
      : m(rows), n(columns), k(depth), a(random_floats(size(m, k), 1)), b(random_floats(size(k, n), 2)), c(size(m, n)) {
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        float sum = 0;
        for (int x = 0; x < k; ++x) sum = std::fma(a[size(i, k) + at(x)], b[size(x, n) + at(j)], sum);
        c[size(i, n) + at(j)] = sum;
      }
  }
  struct Prepared {
    envlock::ptx::Launch launch;
    std::uint64_t out;
  };
  Prepared prepare(Bench& bench) const {
    const std::uint64_t left = bench.give(a, "a"), right = bench.give(b, "b"), out = bench.reserve(c.size() * 4, "c");
    const envlock::ptx::Dimensions grid{static_cast<std::uint32_t>((n + 63) / 64),
                                        static_cast<std::uint32_t>((m + 63) / 64), 1};
    return {bench.launch("gemm", grid, 256, Parameters().add(left).add(right).add(out).add(m).add(n).add(k)), out};
  }
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  static std::size_t size(int i, int j) { return at(i) * at(j); }
  int m, n, k;
  std::vector<float> a, b, c;
};

inline float lane_sum(const float* row, int columns) {
  float lanes[32] = {};
  for (int c = 0; c < columns; ++c) lanes[c % 32] += row[c];
  for (int half = 16; half > 0; half /= 2)
    for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  return lanes[0];
}

inline std::vector<float> row_sums(const std::vector<float>& x, int rows, int columns) {
  std::vector<float> sums;
  for (int row = 0; row < rows; ++row) sums.push_back(lane_sum(x.data() + Gemm::size(row, columns), columns));
  return sums;
}

inline std::vector<float> block_sums(const std::vector<float>& x) {
  std::vector<float> sums;
  for (std::size_t first = 0; first < x.size(); first += 256) {
    float part[256] = {};
    for (std::size_t i = 0; i < 256 && first + i < x.size(); ++i) part[i] = x[first + i];
    for (int half = 128; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) part[i] += part[i + half];
    sums.push_back(part[0]);
  }
  return sums;
}

inline std::vector<float> normalised_rows(const std::vector<float>& x, int rows, int columns, float epsilon) {
  std::vector<float> y(x.size());
  const auto count = static_cast<float>(columns);
  for (int r = 0; r < rows; ++r) {
    const float* row = x.data() + Gemm::size(r, columns);
    const float mean = lane_sum(row, columns) / count;
    float lanes[32] = {};
    for (int c = 0; c < columns; ++c) lanes[c % 32] = std::fma(row[c] - mean, row[c] - mean, lanes[c % 32]);
    for (int half = 16; half > 0; half /= 2)
      for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
    const float scale = 1.0f / std::sqrt(lanes[0] / count + epsilon);
    for (int c = 0; c < columns; ++c) y[Gemm::size(r, columns) + Gemm::at(c)] = (row[c] - mean) * scale;
  }
  return y;
}

inline std::vector<float> exponentials(const std::vector<float>& x) {
  const double polynomial[6] = {1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0};
  std::vector<float> y;
  for (const float element : x) {
    const double value = element, scaled = value * 1.4426950408889634;
    const int n = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
    const double rest = std::fma(static_cast<double>(-n), 0.6931471805599453, value);
    double sum = polynomial[0];
    for (int c = 1; c < 6; ++c) sum = std::fma(sum, rest, polynomial[c]);
    y.push_back(static_cast<float>(sum * std::bit_cast<double>(static_cast<std::uint64_t>(n + 1023) << 52)));
  }
  return y;
}

struct Optimiser {
  std::vector<float> weight, mean, variance, gradient;
  void step(float rate, float decay) {
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const float g = gradient[i];
      mean[i] = std::fma(0.9f, mean[i], 0.1f * g);
      variance[i] = std::fma(0.95f, variance[i], 0.05f * (g * g));
      const float update = mean[i] / (std::sqrt(variance[i]) + 1e-8f) + decay * weight[i];
      weight[i] = weight[i] - rate * update;
    }
  }
};

}  // namespace envlock_test
