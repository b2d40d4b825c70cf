#include "envlock/kernels/init.h"

#include "envlock/kernels/philox.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

void init_uniform(const UniformInit& init, Range blocks) {
  for (int block = blocks.begin; block < blocks.end; ++block) {
    const PhiloxWords words = philox(static_cast<std::uint32_t>(block), init.parameter, kPhiloxInit);
    for (int j = 0; j < 4; ++j) {
      const auto centred = static_cast<std::int32_t>(words.w[j] >> 8) - (1 << 23);
      init.out[4 * block + j] = static_cast<float>(centred) * 0x1p-23f * init.bound;
    }
  }
}

}  // namespace envlock::kernels::ENVLOCK_ISA
