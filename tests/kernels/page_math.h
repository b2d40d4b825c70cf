// The sums and functions of docs/probe-spec.md, written again as plainly as the page says them.
#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "exact_function_tables.h"

namespace envlock::kernels::page {

using Floats = std::vector<float>;

inline float halve_sum(float (&lane)[32]) {
  for (int s = 16; s >= 1; s /= 2) {
    for (int j = 0; j < s; ++j) lane[j] = lane[j] + lane[j + s];
  }
  return lane[0];
}
inline float sum32(const Floats& x) {
  float lane[32] = {};
  for (std::size_t i = 0; i < x.size(); ++i) lane[i % 32] = lane[i % 32] + x[i];
  return halve_sum(lane);
}
inline float dot32(const Floats& a, const Floats& b) {
  float lane[32] = {};
  for (std::size_t i = 0; i < a.size(); ++i) lane[i % 32] = std::fma(a[i], b[i], lane[i % 32]);
  return halve_sum(lane);
}
inline float max32(const Floats& x) {
  float lane[32];
  for (float& each : lane) each = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < x.size(); ++i) lane[i % 32] = x[i] > lane[i % 32] ? x[i] : lane[i % 32];
  for (int s = 16; s >= 1; s /= 2) {
    for (int j = 0; j < s; ++j) lane[j] = lane[j + s] > lane[j] ? lane[j + s] : lane[j];
  }
  return lane[0];
}
inline float pairwise(Floats p) {
  while (p.size() > 1) {
    Floats next;
    for (std::size_t i = 0; i + 1 < p.size(); i += 2) next.push_back(p[i] + p[i + 1]);
    if (p.size() % 2 == 1) next.push_back(p.back());
    p = next;
  }
  return p[0];
}

/// One element, by the sequence that tests/kernels/prove_exact_math.cpp proves over all inputs.
inline float exp(float x) {
  float y = 0;
  scalar::exact_functions().exp(&x, &y, 1);
  return y;
}
inline float log(float x) {
  float y = 0;
  scalar::exact_functions().log(&x, &y, 1);
  return y;
}
inline float tanh(float x) {
  float y = 0;
  scalar::exact_functions().tanh(&x, &y, 1);
  return y;
}

/// Elements begin .. begin+count-1.
inline Floats slice(const Floats& x, int begin, int count) {
  return Floats(x.begin() + begin, x.begin() + begin + count);
}

}  // namespace envlock::kernels::page
