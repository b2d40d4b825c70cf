#include "envlock/kernels/embed.h"

#include "replica.h"

namespace envlock::kernels::cuda {

/// One thread an element of out, `count` = N*C of them.
KERNEL BOUNDS(kElementThreads) envlock_embed_forward(Launch launch, EmbedForward op, int count) {
  note_multiprocessor(launch);
  const int i = element_index();
  if (i >= count) {
    return;
  }
  const int n = i / op.C;
  const int c = i % op.C;
  const int token = static_cast<int>(of_replica(launch, op.tokens)[n]);
  const float value = of_replica(launch, op.wte)[token * op.C + c];
  const float position = of_replica(launch, op.wpe)[(n % op.T) * op.C + c];
  of_replica(launch, op.out)[i] = add(value, position);
}

/// One thread an element: first the V*C of dwte, each of which looks through all tokens in order, then the T*C of dwpe.
KERNEL BOUNDS(kElementThreads) envlock_embed_backward(Launch launch, EmbedBackward op) {
  note_multiprocessor(launch);
  const int i = element_index();
  const unsigned* tokens = of_replica(launch, op.tokens);
  const float* dx = of_replica(launch, op.dx);
  const int words = op.V * op.C;
  if (i < words) {
    const unsigned word = static_cast<unsigned>(i / op.C);
    const int c = i % op.C;
    float sum = of_replica(launch, op.head)[i];
    for (int n = 0; n < op.N; ++n) {
      if (tokens[n] == word) {
        sum = add(sum, dx[n * op.C + c]);
      }
    }
    of_replica(launch, op.dwte)[i] = sum;
  } else if (i < words + op.T * op.C) {
    const int position = i - words;
    float sum = 0;
    for (int at = position; at < op.N * op.C; at += op.T * op.C) {
      sum = add(sum, dx[at]);
    }
    of_replica(launch, op.dwpe)[position] = sum;
  }
}

}  // namespace envlock::kernels::cuda
