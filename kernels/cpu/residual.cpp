#include "envlock/kernels/residual.h"

#include "lanes32.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

void residual(const Residual& residual, Range elements) {
  for_vectors(elements.begin, elements.end, [&](int i, int count) {
    store_some(residual.out + i, load_some(residual.left + i, count) + load_some(residual.right + i, count), count);
  });
}

}  // namespace envlock::kernels::ENVLOCK_ISA
