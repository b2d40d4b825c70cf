// Every op but gemm, of every instruction set, against docs/probe-spec.md written as plain loops: at sizes that fit no
// vector, with ranges cut in several ways, with guards around every output.
#include "op_check.h"

#include "envlock/kernels/philox.h"

namespace envlock::kernels {
namespace {

using page::Floats;

constexpr int kWidths[] = {1, 7, 16, 31, 33, 64, 100, 131};

float bits_float(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

TEST_CASE("init_uniform makes four elements of each group of random words") {
  for (const std::uint32_t parameter : {0u, 5u, 4000000000u}) {
    for (const int blocks : {1, 3, 50}) {
      Floats want;
      for (int i = 0; i < blocks; ++i) {
        const PhiloxWords words = philox(static_cast<std::uint32_t>(i), parameter, 0);
        for (const std::uint32_t word : words.w) {
          const auto centred = static_cast<std::int32_t>(word >> 8) - (1 << 23);
          want.push_back(static_cast<float>(centred) * 0x1p-23f * 0x1p-5f);
        }
      }
      check_op(blocks, {{"out", want, in_rows(4), {}}}, [=](const CpuKernels& isa, auto& out, Range range) {
        isa.init_uniform({parameter, 0x1p-5f, out[0]}, range);
      });
    }
  }
}

TEST_CASE("the underflow lanes hold what the page says, column by column") {
  const auto make = [](std::uint32_t exponent, std::uint32_t w) { return bits_float(exponent << 23 | (w & 0x7fffff)); };
  Floats ftz(kFtzRows * kLaneColumns);
  Floats daz(kDazRows * kLaneColumns);
  for (int i = 0; i < kLaneColumns; ++i) {
    const PhiloxWords words = philox(static_cast<std::uint32_t>(i), 0, 2);
    const std::uint32_t w0 = words.w[0], w1 = words.w[1], w2 = words.w[2], w3 = words.w[3];
    const float results[kFtzRows] = {make(63, w0) * make(63, w1),
                                     std::fma(make(63, w0), make(65, w1), -make(1, w2)),
                                     make(1, w0) - make(1, w1),
                                     make(30, w0) / make(157, w1),
                                     page::exp(bits_float(0xc2b00000u + (w3 & 0xfffff))),
                                     static_cast<float>(double{make(63, w0)} * double{make(63, w1)})};
    const float tiny = bits_float((w0 & 0x7fffff) | 0x400000);
    const float inputs[kDazRows] = {tiny * make(191, w1),
                                    std::fma(tiny, make(191, w1), make(64, w2)),
                                    tiny + make(1, w1),
                                    tiny / make(63, w1),
                                    std::sqrt(tiny),
                                    page::log(tiny),
                                    static_cast<float>(double{tiny} * 0x1p64)};
    for (int row = 0; row < kFtzRows; ++row) ftz[static_cast<std::size_t>(row * kLaneColumns + i)] = results[row];
    for (int row = 0; row < kDazRows; ++row) daz[static_cast<std::size_t>(row * kLaneColumns + i)] = inputs[row];
  }
  int subnormal = 0;
  for (const float x : ftz) subnormal += std::fpclassify(x) == FP_SUBNORMAL ? 1 : 0;
  CHECK(subnormal > 300);  // of 384: else they would show nothing
  for (const float x : daz) CHECK(std::fpclassify(x) == FP_NORMAL);
  check_op(kLaneColumns, {{"ftz", ftz, in_columns(kLaneColumns), {}}, {"daz", daz, in_columns(kLaneColumns), {}}},
           [](const CpuKernels& isa, auto& out, Range range) {
             isa.underflow_lanes({out[0], out[1]}, range);
           });
}

TEST_CASE("embed_forward adds a token's row and a position's") {
  for (const int C : kWidths) {
    const int T = 5, N = 15, V = 9;
    const Floats wte = random_floats(V * C, 1, Values::special);
    const Floats wpe = random_floats(T * C, 2, Values::special);
    std::vector<std::uint32_t> tokens;
    Floats want;
    for (int n = 0; n < N; ++n) {
      tokens.push_back(static_cast<std::uint32_t>(n * 7 % V));
      for (int c = 0; c < C; ++c) {
        want.push_back(wte[tokens.back() * static_cast<unsigned>(C) + static_cast<unsigned>(c)] +
                       wpe[static_cast<std::size_t>(n % T * C + c)]);
      }
    }
    check_op(N, {{"out", want, in_rows(C), {}}}, [&](const CpuKernels& isa, auto& out, Range range) {
      isa.embed_forward({T, C, tokens.data(), wte.data(), wpe.data(), out[0]}, range);
    });
  }
}

TEST_CASE("embed_backward adds to the head's gradient token by token, and sums positions over the batch") {
  for (const int C : kWidths) {
    const int T = 6, N = 24, V = 5;
    const Floats head = random_floats(V * C, 3);
    const Floats dx = random_floats(N * C, 4);
    std::vector<std::uint32_t> tokens;
    for (int n = 0; n < N; ++n) tokens.push_back(static_cast<std::uint32_t>(n * n % V));
    Floats dwte = head;
    Floats dwpe(static_cast<std::size_t>(T * C), 0.0f);
    for (int n = 0; n < N; ++n) {
      for (int c = 0; c < C; ++c) {
        const float d = dx[static_cast<std::size_t>(n * C + c)];
        float& token = dwte[tokens[static_cast<std::size_t>(n)] * static_cast<unsigned>(C) + static_cast<unsigned>(c)];
        float& position = dwpe[static_cast<std::size_t>(n % T * C + c)];
        token = token + d;
        position = position + d;
      }
    }
    check_op(C, {{"dwte", dwte, in_columns(C), {}}, {"dwpe", dwpe, in_columns(C), {}}},
             [&](const CpuKernels& isa, auto& out, Range range) {
               isa.embed_backward({N, T, C, V, tokens.data(), head.data(), dx.data(), out[0], out[1]}, range);
             });
  }
}

/// A layer norm's row by the page, for use by the backward tests too.
struct NormRow {
  float mean, rstd;
  Floats out;
};
NormRow norm_row(const Floats& x, const Floats& weight, const Floats& bias) {
  const auto width = static_cast<float>(x.size());
  NormRow row{page::sum32(x) / width, 0, {}};
  Floats d;
  for (const float each : x) d.push_back(each - row.mean);
  const float variance = page::dot32(d, d) / width;
  row.rstd = 1.0f / std::sqrt(variance + 0x1.4f8b58p-17f);
  for (std::size_t c = 0; c < x.size(); ++c) row.out.push_back(std::fma(d[c] * row.rstd, weight[c], bias[c]));
  return row;
}

TEST_CASE("layernorm_forward takes two passes over each row") {
  for (const Values values : {Values::plain, Values::special}) {
    for (const int C : kWidths) {
      const int N = 7;
      const Floats x = random_floats(N * C, 5, values);
      const Floats weight = random_floats(C, 6);
      const Floats bias = random_floats(C, 7);
      Floats means, rstds, want;
      for (int n = 0; n < N; ++n) {
        const NormRow row = norm_row(page::slice(x, n * C, C), weight, bias);
        means.push_back(row.mean);
        rstds.push_back(row.rstd);
        want.insert(want.end(), row.out.begin(), row.out.end());
      }
      check_op(N, {{"mean", means, in_rows(1), {}}, {"rstd", rstds, in_rows(1), {}}, {"out", want, in_rows(C), {}}},
               [&](const CpuKernels& isa, auto& out, Range range) {
                 isa.layernorm_forward({C, x.data(), weight.data(), bias.data(), out[0], out[1], out[2]}, range);
               });
    }
  }
}

TEST_CASE("layernorm_backward gives dx, with and without a residual path") {
  for (const int C : kWidths) {
    const int N = 6;
    const Floats x = random_floats(N * C, 8);
    const Floats dy = random_floats(N * C, 9);
    const Floats weight = random_floats(C, 10);
    const Floats upstream = random_floats(N * C, 11);
    Floats means, rstds, alone, added;
    for (int n = 0; n < N; ++n) {
      const Floats row = page::slice(x, n * C, C);
      const NormRow norm = norm_row(row, weight, weight);
      means.push_back(norm.mean);
      rstds.push_back(norm.rstd);
      Floats h, g;
      for (int c = 0; c < C; ++c) {
        h.push_back((row[static_cast<std::size_t>(c)] - norm.mean) * norm.rstd);
        g.push_back(dy[static_cast<std::size_t>(n * C + c)] * weight[static_cast<std::size_t>(c)]);
      }
      const float s1 = page::sum32(g) / static_cast<float>(C);
      const float s2 = page::dot32(g, h) / static_cast<float>(C);
      for (std::size_t c = 0; c < h.size(); ++c) {
        alone.push_back(std::fma(-h[c], s2, g[c] - s1) * norm.rstd);
        added.push_back(upstream[alone.size() - 1] + alone.back());
      }
    }
    for (const bool residual : {false, true}) {
      check_op(N, {{"dx", residual ? added : alone, in_rows(C), {}}},
               [&](const CpuKernels& isa, auto& out, Range range) {
                 isa.layernorm_backward({C, dy.data(), x.data(), means.data(), rstds.data(), weight.data(),
                                         residual ? upstream.data() : nullptr, out[0]},
                                        range);
               });
    }
  }
}

TEST_CASE("layernorm_weight_gradient sums each column over the rows in 32 lanes") {
  for (const int N : {1, 31, 32, 33, 100}) {
    for (const int C : {1, 7, 33, 64}) {
      const Floats x = random_floats(N * C, 12);
      const Floats dy = random_floats(N * C, 13);
      const Floats means = random_floats(N, 14);
      const Floats rstds = random_floats(N, 15);
      Floats dweight, dbias;
      for (int c = 0; c < C; ++c) {
        Floats d, h;
        for (int n = 0; n < N; ++n) {
          const auto row = static_cast<std::size_t>(n);
          d.push_back(dy[static_cast<std::size_t>(n * C + c)]);
          h.push_back((x[static_cast<std::size_t>(n * C + c)] - means[row]) * rstds[row]);
        }
        dweight.push_back(page::dot32(d, h));
        dbias.push_back(page::sum32(d));
      }
      check_op(C, {{"dweight", dweight, in_elements(), {}}, {"dbias", dbias, in_elements(), {}}},
               [&](const CpuKernels& isa, auto& out, Range range) {
                 isa.layernorm_weight_gradient({N, C, dy.data(), x.data(), means.data(), rstds.data(), out[0], out[1]},
                                               range);
               });
    }
  }
}

TEST_CASE("softmax_forward sees the columns up to the diagonal and stores +0 beyond") {
  for (const Values values : {Values::plain, Values::special}) {
    for (const int T : {1, 2, 15, 16, 17, 37, 64}) {
      const int matrices = 3;
      const float scale = 0x1.6a09e6p-3f;
      const Floats scores = random_floats(matrices * T * T, 16, values);
      Floats want;
      for (int row = 0; row < matrices * T; ++row) {
        const int visible = row % T + 1;
        Floats s, e;
        for (int j = 0; j < visible; ++j) s.push_back(scores[static_cast<std::size_t>(row * T + j)] * scale);
        const float m = page::max32(s);
        for (const float each : s) e.push_back(page::exp(each - m));
        e.resize(static_cast<std::size_t>(T), 0.0f);
        const float g = 1.0f / page::sum32(e);
        for (const float each : e) want.push_back(each * g);
      }
      check_op(matrices * T, {{"probs", want, in_rows(T), {}}}, [&](const CpuKernels& isa, auto& out, Range range) {
        isa.softmax_forward({T, scale, scores.data(), out[0]}, range);
      });
    }
  }
}

TEST_CASE("softmax_backward takes its dot product over the whole row") {
  for (const int T : {1, 2, 15, 17, 37, 64}) {
    const int rows = 2 * T;
    const float scale = 0x1.6a09e6p-3f;
    Floats probs = random_floats(rows * T, 17);
    const Floats dprobs = random_floats(rows * T, 18);
    Floats want;
    for (int row = 0; row < rows; ++row) {
      const float t = page::dot32(page::slice(probs, row * T, T), page::slice(dprobs, row * T, T));
      for (int j = 0; j < T; ++j) {
        const auto at = static_cast<std::size_t>(row * T + j);
        want.push_back(j <= row % T ? probs[at] * (dprobs[at] - t) * scale : 0.0f);
      }
    }
    check_op(rows, {{"dscores", want, in_rows(T), {}}}, [&](const CpuKernels& isa, auto& out, Range range) {
      isa.softmax_backward({T, scale, probs.data(), dprobs.data(), out[0]}, range);
    });
  }
}

TEST_CASE("gelu and its gradient are the expressions of the page") {
  for (const Values values : {Values::plain, Values::special}) {
    for (const int count : {1, 15, 33, 257}) {
      const Floats u = random_floats(count, 19, values);
      const Floats dy = random_floats(count, 20, values);
      Floats ths, outs, dus;
      for (std::size_t i = 0; i < u.size(); ++i) {
        const float u2 = u[i] * u[i];
        const float a = std::fma(u2, 0x1.6e4e26p-5f, 1.0f);
        const float th = page::tanh((u[i] * a) * 0x1.988454p-1f);
        const float p = std::fma(-th, th, 1.0f);
        const float q = std::fma(u2, 0x1.12ba9cp-3f, 1.0f) * 0x1.988454p-1f;
        const float f = std::fma((u[i] * 0.5f) * p, q, (th + 1.0f) * 0.5f);
        ths.push_back(th);
        outs.push_back((u[i] * 0.5f) * (th + 1.0f));
        dus.push_back(dy[i] * f);
      }
      check_op(count, {{"tanh", ths, in_elements(), {}}, {"out", outs, in_elements(), {}}},
               [&](const CpuKernels& isa, auto& out, Range range) {
                 isa.gelu_forward({u.data(), out[0], out[1]}, range);
               });
      check_op(count, {{"du", dus, in_elements(), {}}}, [&](const CpuKernels& isa, auto& out, Range range) {
        isa.gelu_backward({dy.data(), u.data(), ths.data(), out[0]}, range);
      });
    }
  }
}

TEST_CASE("residual adds, element by element") {
  for (const int count : {1, 16, 33, 500}) {
    const Floats left = random_floats(count, 21, Values::special);
    const Floats right = random_floats(count, 22, Values::special);
    Floats want;
    for (std::size_t i = 0; i < left.size(); ++i) want.push_back(left[i] + right[i]);
    check_op(count, {{"out", want, in_elements(), {}}}, [&](const CpuKernels& isa, auto& out, Range range) {
      isa.residual({left.data(), right.data(), out[0]}, range);
    });
  }
}

TEST_CASE("cross_entropy gives loss and gradient of each row, whatever its largest logit is") {
  for (const int V : {1, 5, 31, 33, 64, 100, 256}) {
    for (const float spread : {1.0f, 100.0f}) {
      const int N = 9;
      Floats logits = random_floats(N * V, 23);
      for (float& logit : logits) logit *= spread;
      std::vector<std::uint32_t> targets;
      Floats maxima, lses, rows, gradient;
      const float inverse = 0x1p-3f;
      for (int n = 0; n < N; ++n) {
        const Floats x = page::slice(logits, n * V, V);
        targets.push_back(static_cast<std::uint32_t>(n * 31 % V));
        const float m = page::max32(x);
        Floats e;
        for (const float each : x) e.push_back(page::exp(each - m));
        const float z = page::sum32(e);
        const float lse = page::log(z) + m;
        maxima.push_back(m);
        lses.push_back(lse);
        rows.push_back(lse - x[targets.back()]);
        const float g = 1.0f / z;
        for (std::size_t v = 0; v < e.size(); ++v) {
          gradient.push_back(((e[v] * g) - (v == targets.back() ? 1.0f : 0.0f)) * inverse);
        }
      }
      check_op(N,
               {{"max", maxima, in_rows(1), {}},
                {"lse", lses, in_rows(1), {}},
                {"rows", rows, in_rows(1), {}},
                {"dlogits", gradient, in_rows(V), {}}},
               [&](const CpuKernels& isa, auto& out, Range range) {
                 isa.cross_entropy({V, inverse, logits.data(), targets.data(), out[0], out[1], out[2], out[3]}, range);
               });
    }
  }
}

TEST_CASE("block sums are those of 1,024 elements, and are then added in pairs") {
  for (const int count : {1, 31, 1023, 1024, 1025, 5000, 8192 + 3}) {
    const Floats x = random_floats(count, 24);
    const int blocks = (count + 1023) / 1024;
    Floats sums, squares;
    for (int block = 0; block < blocks; ++block) {
      const Floats part = page::slice(x, block * 1024, std::min(1024, count - block * 1024));
      sums.push_back(page::sum32(part));
      squares.push_back(page::dot32(part, part));
    }
    check_op(blocks, {{"sums", sums, in_elements(), {}}}, [&](const CpuKernels& isa, auto& out, Range range) {
      isa.block_sums({BlockSumOf::values, count, x.data(), out[0]}, range);
    });
    check_op(blocks, {{"squares", squares, in_elements(), {}}}, [&](const CpuKernels& isa, auto& out, Range range) {
      isa.block_sums({BlockSumOf::squares, count, x.data(), out[0]}, range);
    });
    for (const CpuKernels* isa : usable_cpu_kernels()) {
      Floats partials = sums;
      float loss = 0;
      isa->mean_loss({{blocks, partials.data()}, 37, &loss});
      CHECK(canonical_bits(loss) == canonical_bits(page::pairwise(sums) / 37.0f));
      for (const float factor : {1.0f, 0x1p-20f}) {  // a norm above 1, which clips, and one below
        Floats scaled = squares;
        for (float& each : scaled) each *= factor;
        partials = scaled;
        float norm = 0;
        float scale = 0;
        isa->clip_scale({{blocks, partials.data()}, &norm, &scale});
        const float want = std::sqrt(page::pairwise(scaled));
        CHECK(canonical_bits(norm) == canonical_bits(want));
        CHECK(canonical_bits(scale) == canonical_bits(want > 1.0f ? 1.0f / want : 1.0f));
      }
    }
  }
}

TEST_CASE("a norm that is no number clips nothing") {
  for (const CpuKernels* isa : usable_cpu_kernels()) {
    float partial = std::numeric_limits<float>::quiet_NaN();
    float norm = 0;
    float scale = 0;
    isa->clip_scale({{1, &partial}, &norm, &scale});
    CHECK(std::isnan(norm));
    CHECK(scale == 1.0f);
  }
}

TEST_CASE("adamw updates moments and parameters in place") {
  for (const Values values : {Values::plain, Values::special}) {
    for (const int count : {1, 15, 16, 33, 260}) {
      const Floats gradient = random_floats(count, 25, values);
      const Floats m = random_floats(count, 26);
      Floats v = random_floats(count, 27);
      for (float& each : v) each = std::fabs(each);
      const Floats w = random_floats(count, 28);
      const AdamWStep step{0x1.99999ap-9f, 0x1.8p+2f, 0x1.2p+3f};
      const float scale = 0x1.234568p-1f;
      for (const float decay : {0.0f, kAdamDecay}) {
        Floats want_m, want_v, want_w;
        for (std::size_t i = 0; i < w.size(); ++i) {
          const float g = gradient[i] * scale;
          want_m.push_back(std::fma(m[i], 0x1.ccccccp-1f, g * 0x1.99999ap-4f));
          want_v.push_back(std::fma(v[i], 0x1.e66666p-1f, (g * g) * 0x1.99999ap-5f));
          const float update =
              (want_m[i] * step.correction1) / (std::sqrt(want_v[i] * step.correction2) + 0x1.5798eep-27f);
          want_w.push_back(std::fma(-step.learning_rate, std::fma(w[i], decay, update), w[i]));
        }
        check_op(count,
                 {{"m", want_m, in_elements(), m}, {"v", want_v, in_elements(), v}, {"w", want_w, in_elements(), w}},
                 [&](const CpuKernels& isa, auto& out, Range range) {
                   isa.adamw({step, decay, &scale, gradient.data(), out[0], out[1], out[2]}, range);
                 });
      }
    }
  }
}

}  // namespace
}  // namespace envlock::kernels
