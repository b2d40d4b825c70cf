#include "envlock/kernels/lanes.h"

#include "envlock/kernels/philox.h"
#include "exact_functions.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {
namespace {

float from_bits(std::uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

/// The positive float with that (biased) exponent field and the low 23 bits of w as its fraction.
float make(std::uint32_t exponent, std::uint32_t w) {
  return from_bits(exponent << 23 | (w & 0x7fffffu));
}

/// Operands of the whole range, so that the operations themselves run in vectors as they do in the model.
struct Operands {
  float a[kLaneColumns];
  float b[kLaneColumns];
  float c[kLaneColumns];
};

/// row[i] = op(a, b, c) for the columns of the range.
template <typename Op>
ENVLOCK_INLINE void fill(float* row, const Operands& in, Range columns, Op op) {
  for (int i = columns.begin; i < columns.end; i += F32::kLanes) {
    const int count = columns.end - i < F32::kLanes ? columns.end - i : F32::kLanes;
    store_part(row + i, op(load_part(in.a + i, count), load_part(in.b + i, count), load_part(in.c + i, count)), count);
  }
}

/// Sets the operands of every column to what `choose` says of its random words.
template <typename Choose>
void set(Operands& in, Range columns, Choose choose) {
  for (int i = columns.begin; i < columns.end; ++i) {
    choose(philox(static_cast<std::uint32_t>(i), 0, kPhiloxLanes), in.a[i], in.b[i], in.c[i]);
  }
}

F32 product(F32 a, F32 b, F32) {
  return a * b;
}
F32 fused(F32 a, F32 b, F32 c) {
  return fma(a, b, c);
}
F32 quotient(F32 a, F32 b, F32) {
  return a / b;
}

/// Widened to float64, multiplied there, rounded once to float32: exact before the rounding.
F32 wide_product(F32 a, F32 b, F32) {
  using exact::mul;
  return narrow(mul(widen(a), widen(b)));
}

void flushed_results(float* out, Range columns) {
  Operands in;
  set(in, columns, [](const PhiloxWords& w, float& a, float& b, float& c) {
    a = make(63, w.w[0]);
    b = make(63, w.w[1]);
    c = 0;
  });
  fill(out, in, columns, product);
  fill(out + 5 * kLaneColumns, in, columns, wide_product);
  set(in, columns, [](const PhiloxWords& w, float& a, float& b, float& c) {
    a = make(63, w.w[0]);
    b = make(65, w.w[1]);
    c = -make(1, w.w[2]);
  });
  fill(out + kLaneColumns, in, columns, fused);
  set(in, columns, [](const PhiloxWords& w, float& a, float& b, float&) {
    a = make(1, w.w[0]);
    b = make(1, w.w[1]);
  });
  fill(out + 2 * kLaneColumns, in, columns, [](F32 a, F32 b, F32) { return a - b; });
  set(in, columns, [](const PhiloxWords& w, float& a, float& b, float&) {
    a = make(30, w.w[0]);
    b = make(157, w.w[1]);
  });
  fill(out + 3 * kLaneColumns, in, columns, quotient);
  set(in, columns,
      [](const PhiloxWords& w, float& a, float&, float&) { a = from_bits(0xc2b00000u + (w.w[3] & 0xfffffu)); });
  fill(out + 4 * kLaneColumns, in, columns, [](F32 a, F32, F32) { return exp(a); });
}

void flushed_inputs(float* out, Range columns) {
  Operands in;
  set(in, columns, [](const PhiloxWords& w, float& a, float& b, float& c) {
    a = from_bits((w.w[0] & 0x7fffffu) | 0x400000u);
    b = make(191, w.w[1]);
    c = make(64, w.w[2]);
  });
  fill(out, in, columns, product);
  fill(out + kLaneColumns, in, columns, fused);
  fill(out + 4 * kLaneColumns, in, columns, [](F32 a, F32, F32) { return sqrt(a); });
  fill(out + 5 * kLaneColumns, in, columns, [](F32 a, F32, F32) { return log(a); });
  set(in, columns, [](const PhiloxWords& w, float&, float& b, float&) { b = make(1, w.w[1]); });
  fill(out + 2 * kLaneColumns, in, columns, [](F32 a, F32 b, F32) { return a + b; });
  set(in, columns, [](const PhiloxWords& w, float&, float& b, float&) { b = make(63, w.w[1]); });
  fill(out + 3 * kLaneColumns, in, columns, quotient);
  set(in, columns, [](const PhiloxWords&, float&, float& b, float&) { b = 0x1p64f; });
  fill(out + 6 * kLaneColumns, in, columns, wide_product);
}

}  // namespace

void underflow_lanes(const UnderflowLanes& lanes, Range columns) {
  flushed_results(lanes.ftz, columns);
  flushed_inputs(lanes.daz, columns);
}

}  // namespace envlock::kernels::ENVLOCK_ISA
