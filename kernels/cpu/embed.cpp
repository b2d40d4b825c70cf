#include "envlock/kernels/embed.h"

#include "lanes32.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

void embed_forward(const EmbedForward& embed, Range rows) {
  for (int n = rows.begin; n < rows.end; ++n) {
    const float* token = embed.wte + static_cast<std::ptrdiff_t>(embed.tokens[n]) * embed.C;
    const float* position = embed.wpe + static_cast<std::ptrdiff_t>(n % embed.T) * embed.C;
    float* out = embed.out + static_cast<std::ptrdiff_t>(n) * embed.C;
    for_vectors(0, embed.C, [&](int c, int count) {
      store_some(out + c, load_some(token + c, count) + load_some(position + c, count), count);
    });
  }
}

void embed_backward(const EmbedBackward& embed, Range columns) {
  const auto row = [&](auto* matrix, int index) { return matrix + static_cast<std::ptrdiff_t>(index) * embed.C; };
  for (int v = 0; v < embed.V; ++v) {
    for_vectors(columns.begin, columns.end, [&](int c, int count) {
      store_some(row(embed.dwte, v) + c, load_some(row(embed.head, v) + c, count), count);
    });
  }
  for (int n = 0; n < embed.N; ++n) {
    float* sum = row(embed.dwte, static_cast<int>(embed.tokens[n]));
    for_vectors(columns.begin, columns.end, [&](int c, int count) {
      store_some(sum + c, load_some(sum + c, count) + load_some(row(embed.dx, n) + c, count), count);
    });
  }
  for (int t = 0; t < embed.T; ++t) {
    for_vectors(columns.begin, columns.end, [&](int c, int count) {
      F32 sum = broadcast(0.0f);
      for (int n = t; n < embed.N; n += embed.T) sum = sum + load_some(row(embed.dx, n) + c, count);
      store_some(row(embed.dwpe, t) + c, sum, count);
    });
  }
}

}  // namespace envlock::kernels::ENVLOCK_ISA
