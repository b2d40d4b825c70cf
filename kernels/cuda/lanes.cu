#include "envlock/kernels/lanes.h"

#include "envlock/kernels/exact_math.h"
#include "envlock/kernels/philox.h"
#include "replica.h"

namespace envlock::kernels::cuda {

/// The positive float with this biased exponent and the low 23 bits of a word as its fraction.
DEVICE float make(unsigned exponent, unsigned word) {
  return float_of((exponent << 23) | (word & 0x7fffffu));
}

/// One thread a column.
KERNEL BOUNDS(kLaneColumns) envlock_underflow_lanes(Launch launch, UnderflowLanes op) {
  note_multiprocessor(launch);
  const int i = element_index();
  if (i >= kLaneColumns) {
    return;
  }
  const PhiloxWords words = philox(static_cast<unsigned>(i), 0, kPhiloxLanes);
  const unsigned w0 = words.w[0];
  const unsigned w1 = words.w[1];
  const unsigned w2 = words.w[2];
  const unsigned w3 = words.w[3];

  float* ftz = of_replica(launch, op.ftz) + i;
  ftz[0 * kLaneColumns] = mul(make(63, w0), make(63, w1));
  ftz[1 * kLaneColumns] = fma(make(63, w0), make(65, w1), -make(1, w2));
  ftz[2 * kLaneColumns] = sub(make(1, w0), make(1, w1));
  ftz[3 * kLaneColumns] = div(make(30, w0), make(157, w1));
  ftz[4 * kLaneColumns] = exact::exp(float_of(0xc2b00000u + (w3 & 0xfffffu)));
  ftz[5 * kLaneColumns] = narrow(mul(widen(make(63, w0)), widen(make(63, w1))));

  const float tiny = float_of((w0 & 0x7fffffu) | 0x400000u);
  float* daz = of_replica(launch, op.daz) + i;
  daz[0 * kLaneColumns] = mul(tiny, make(191, w1));
  daz[1 * kLaneColumns] = fma(tiny, make(191, w1), make(64, w2));
  daz[2 * kLaneColumns] = add(tiny, make(1, w1));
  daz[3 * kLaneColumns] = div(tiny, make(63, w1));
  daz[4 * kLaneColumns] = sqrt(tiny);
  daz[5 * kLaneColumns] = exact::log(tiny);
  daz[6 * kLaneColumns] = narrow(mul(widen(tiny), 0x1p64));
}

}  // namespace envlock::kernels::cuda
