// Every kernel that multiplies matrices, against the chain of docs/probe-spec.md.
#include "cuda_program.h"
#include "device/on_device.h"

namespace ck = envlock::kernels::cuda;
using namespace envlock::kernels;
using namespace envlock_test;
using Values = Arena::Values;

namespace {

std::size_t size(long long n) {
  return static_cast<std::size_t>(n);
}

void multiply(const Gemm& op) {
  for (int i = 0; i < op.M; ++i) {
    for (int j = 0; j < op.N; ++j) {
      float sum = 0;
      for (int k = 0; k < op.K; ++k) {
        const float a = op.form == GemmForm::tn ? op.a[k * op.lda + i] : op.a[i * op.lda + k];
        const float b = op.form == GemmForm::nt ? op.b[j * op.ldb + k] : op.b[k * op.ldb + j];
        sum = __builtin_fmaf(a, b, sum);
      }
      op.c[i * op.ldc + j] = sum;
    }
  }
}

struct Shape {
  int M, N, K;
};

}  // namespace

TEST_CASE("matrix products on a GPU are chains in the order of k", "[device]") {
  if (!has_cuda_device()) return;
  for (std::size_t tile = 0; tile < std::size(ck::kGemmTiles); ++tile) {
    for (const GemmForm form : {GemmForm::nn, GemmForm::nt, GemmForm::tn}) {
      for (const Shape shape : {Shape{1, 1, 1}, {31, 33, 15}, {32, 32, 16}, {33, 65, 17}, {130, 129, 40}}) {
        for (const Values values : {Values::small, Values::any}) {
          const auto [M, N, K] = shape;
          const std::string kernel = envlock::probe::cuda::gemm_kernel(form, tile);
          INFO(kernel << ' ' << M << 'x' << N << 'x' << K);
          // Rows are longer than the matrix is wide: what lies behind a row belongs to somebody else.
          const int lda = (form == GemmForm::tn ? M : K) + 3;
          const int ldb = (form == GemmForm::nt ? K : N) + 2;
          const int ldc = N + 1;
          Arena arena(static_cast<std::uint32_t>(M + N + K));
          const Array a = arena.random(size(lda) * size(form == GemmForm::tn ? K : M), values);
          const Array b = arena.random(size(ldb) * size(form == GemmForm::nt ? N : K), values);
          const Array c = arena.blank(size(ldc) * size(M));
          const ck::GemmTile& t = ck::kGemmTiles[tile];
          arena.compare(
              kernel, {blocks_for(M, t.rows) * blocks_for(N, t.columns)}, t.threads,
              [&](auto at) { return Gemm{form, M, N, K, at(a), lda, at(b), ldb, at(c), ldc}; },
              [&](const Gemm& op) { multiply(op); }, ck::GemmGrid{});
        }
      }
    }
  }
}

TEST_CASE("a grid of products on a GPU takes its strides", "[device]") {
  if (!has_cuda_device()) return;
  // Three sequences, two heads: q and k of (T,D) lie in rows of 3C, scores follow each other.
  const int B = 3;
  const int H = 2;
  const int T = 18;
  const int D = 5;
  const int C = H * D;
  for (std::size_t tile = 0; tile < std::size(ck::kGemmTiles); ++tile) {
    Arena arena(11);
    const Array qkv = arena.random(size(B * T * 3 * C));
    const Array scores = arena.blank(size(B * H * T * T));
    const ck::GemmGrid grid{.inner_count = H,
                            .a_outer = T * 3 * C,
                            .a_inner = D,
                            .b_outer = T * 3 * C,
                            .b_inner = D,
                            .c_outer = H * T * T,
                            .c_inner = T * T};
    const ck::GemmTile& t = ck::kGemmTiles[tile];
    arena.compare(
        envlock::probe::cuda::gemm_kernel(GemmForm::nt, tile),
        {blocks_for(T, t.rows) * blocks_for(T, t.columns), B * H}, t.threads,
        [&](auto at) { return Gemm{GemmForm::nt, T, T, D, at(qkv), 3 * C, at(qkv) + C, 3 * C, at(scores), T}; },
        [&](const Gemm& op) {
          for (int b = 0; b < B; ++b) {
            for (int h = 0; h < H; ++h) {
              Gemm one = op;
              one.a += b * grid.a_outer + h * grid.a_inner;
              one.b += b * grid.b_outer + h * grid.b_inner;
              one.c += b * grid.c_outer + h * grid.c_inner;
              multiply(one);
            }
          }
        },
        grid);
  }
}
