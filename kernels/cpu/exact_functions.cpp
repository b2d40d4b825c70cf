#include "exact_functions.h"

#include <envlock/kernels/exact_functions.h>

#define ENVLOCK_TEXT_OF(name) #name
#define ENVLOCK_TEXT(name) ENVLOCK_TEXT_OF(name)

namespace envlock::kernels::ENVLOCK_ISA {
namespace {

/// Applies `function` to every element, the last ones in a vector of their own.
template <class Function>
ENVLOCK_INLINE void each(const float* x, float* y, std::size_t n, Function function) {
  constexpr std::size_t kLanes = F32::kLanes;
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, function(load(x + i)));
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    store_part(y + i, function(load_part(x + i, rest)), rest);
  }
}

template <class Function>
ENVLOCK_INLINE void each(const float* x, double* y, std::size_t n, Function function) {
  constexpr std::size_t kLanes = F32::kLanes;
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, function(widen(load(x + i))));
  if (i < n) {
    double rest[kLanes];
    store(rest, function(widen(load_part(x + i, static_cast<int>(n - i)))));
    for (std::size_t lane = 0; i + lane < n; ++lane) y[i + lane] = rest[lane];
  }
}

void exp_array(const float* x, float* y, std::size_t n) {
  each(x, y, n, [](F32 v) { return exp(v); });
}
void log_array(const float* x, float* y, std::size_t n) {
  each(x, y, n, [](F32 v) { return log(v); });
}
void tanh_array(const float* x, float* y, std::size_t n) {
  each(x, y, n, [](F32 v) { return tanh(v); });
}
void exp_unrounded(const float* x, double* y, std::size_t n) {
  each(x, y, n, [](F64 v) { return exact::exp(v); });
}
void log_unrounded(const float* x, double* y, std::size_t n) {
  each(x, y, n, [](F64 v) { return exact::log(v); });
}
void tanh_unrounded(const float* x, double* y, std::size_t n) {
  each(x, y, n, [](F64 v) { return exact::tanh(v); });
}

}  // namespace

ExactFunctions exact_functions() {
  return {ENVLOCK_TEXT(ENVLOCK_ISA), exp_array, log_array, tanh_array, exp_unrounded, log_unrounded, tanh_unrounded};
}

}  // namespace envlock::kernels::ENVLOCK_ISA
