// The kernels that work along rows and columns, each against its twin for the processor.
#include "device/on_device.h"

namespace ck = envlock::kernels::cuda;
using namespace envlock::kernels;
using namespace envlock_test;
using Values = Arena::Values;

namespace {

std::size_t size(int n) {
  return static_cast<std::size_t>(n);
}

envlock::probe::cuda::Grid rows_grid(int rows) {
  return {blocks_for(rows, ck::kRowThreads / 32)};
}

constexpr int kWidths[] = {1, 20, 33, 96};

}  // namespace

TEST_CASE("layernorm on a GPU is that on a processor", "[device]") {
  if (!has_cuda_device()) return;
  for (const int C : kWidths) {
    for (const Values values : {Values::small, Values::any}) {
      const int N = 70;
      Arena arena(static_cast<std::uint32_t>(C));
      const Array x = arena.random(size(N * C), values);
      const Array weight = arena.random(size(C));
      const Array bias = arena.random(size(C));
      const Array mean = arena.blank(size(N));
      const Array rstd = arena.blank(size(N));
      const Array out = arena.blank(size(N * C));
      arena.compare(
          "envlock_layernorm_forward", rows_grid(N), ck::kRowThreads,
          [&](auto at) { return LayerNormForward{C, at(x), at(weight), at(bias), at(mean), at(rstd), at(out)}; },
          [&](const LayerNormForward& op) {
            processor().layernorm_forward(op, {0, N});
          },
          N);
      const Array dy = arena.random(size(N * C), values);
      const Array upstream = arena.random(size(N * C), values);
      const Array dx = arena.blank(size(N * C));
      for (const bool has_upstream : {false, true}) {
        arena.compare(
            "envlock_layernorm_backward", rows_grid(N), ck::kRowThreads,
            [&](auto at) {
              return LayerNormBackward{
                  C, at(dy), at(x), at(mean), at(rstd), at(weight), has_upstream ? at(upstream) : nullptr, at(dx)};
            },
            [&](const LayerNormBackward& op) {
              processor().layernorm_backward(op, {0, N});
            },
            N);
      }
      const Array dweight = arena.blank(size(C));
      const Array dbias = arena.blank(size(C));
      arena.compare(
          "envlock_layernorm_weight_gradient", {blocks_for(C, 32)}, ck::kColumnThreads,
          [&](auto at) {
            return LayerNormWeightGradient{N, C, at(dy), at(x), at(mean), at(rstd), at(dweight), at(dbias)};
          },
          [&](const LayerNormWeightGradient& op) {
            processor().layernorm_weight_gradient(op, {0, C});
          });
    }
  }
}

TEST_CASE("softmax on a GPU is that on a processor", "[device]") {
  if (!has_cuda_device()) return;
  for (const int T : kWidths) {
    for (const Values values : {Values::small, Values::any}) {
      const int rows = 3 * T;
      Arena arena(static_cast<std::uint32_t>(T));
      const Array scores = arena.random(size(rows * T), values);
      const Array probs = arena.blank(size(rows * T));
      arena.compare(
          "envlock_softmax_forward", rows_grid(rows), ck::kRowThreads,
          [&](auto at) {
            return SoftmaxForward{T, 12.25f, at(scores), at(probs)};
          },
          [&](const SoftmaxForward& op) {
            processor().softmax_forward(op, {0, rows});
          },
          rows);
      const Array dprobs = arena.random(size(rows * T), values);
      const Array dscores = arena.blank(size(rows * T));
      arena.compare(
          "envlock_softmax_backward", rows_grid(rows), ck::kRowThreads,
          [&](auto at) {
            return SoftmaxBackward{T, 0.3f, at(probs), at(dprobs), at(dscores)};
          },
          [&](const SoftmaxBackward& op) {
            processor().softmax_backward(op, {0, rows});
          },
          rows);
    }
  }
}

TEST_CASE("cross-entropy on a GPU is that on a processor", "[device]") {
  if (!has_cuda_device()) return;
  for (const int V : {1, 31, 256}) {
    for (const Values values : {Values::small, Values::any}) {
      const int N = 21;
      Arena arena(static_cast<std::uint32_t>(V));
      const Array logits = arena.random(size(N * V), values);
      const Array targets = arena.integers(size(N), static_cast<std::uint32_t>(V));
      const Array max = arena.blank(size(N));
      const Array lse = arena.blank(size(N));
      const Array rows = arena.blank(size(N));
      const Array dlogits = arena.blank(size(N * V));
      arena.compare(
          "envlock_cross_entropy", rows_grid(N), ck::kRowThreads,
          [&](auto at) {
            return CrossEntropy{V,       0x1p-5f, at(logits), reinterpret_cast<const std::uint32_t*>(at(targets)),
                                at(max), at(lse), at(rows),   at(dlogits)};
          },
          [&](const CrossEntropy& op) {
            processor().cross_entropy(op, {0, N});
          },
          N);
    }
  }
}

TEST_CASE("max32 keeps its order of comparisons on a GPU", "[device]") {
  if (!has_cuda_device()) return;
  // +0 and -0 compare equal: which of the two is the maximum shows only in its bits, which loss.max keeps.
  for (int pattern = 0; pattern < 64; ++pattern) {
    std::vector<float> row;
    for (int i = 0; i < 40; ++i) row.push_back((pattern * 2654435761u >> (i % 27) & 1) != 0 ? -0.0f : 0.0f);
    Arena arena(1);
    const Array logits = arena.constant(row);
    const Array targets = arena.integers(1, 40);
    const Array max = arena.blank(1);
    const Array lse = arena.blank(1);
    const Array rows = arena.blank(1);
    const Array dlogits = arena.blank(40);
    arena.compare(
        "envlock_cross_entropy", {1}, ck::kRowThreads,
        [&](auto at) {
          return CrossEntropy{40,      1,       at(logits), reinterpret_cast<const std::uint32_t*>(at(targets)),
                              at(max), at(lse), at(rows),   at(dlogits)};
        },
        [&](const CrossEntropy& op) {
          processor().cross_entropy(op, {0, 1});
        },
        1);
  }
}

TEST_CASE("sums of blocks and of pairs on a GPU are those on a processor", "[device]") {
  if (!has_cuda_device()) return;
  for (const int count : {1, 31, 1023, 1024, 1025, 5000, 600000}) {
    const int blocks = blocks_for(count, kSumBlock);
    for (const BlockSumOf of : {BlockSumOf::values, BlockSumOf::squares}) {
      Arena arena(static_cast<std::uint32_t>(count));
      const Array x = arena.random(size(count), count == 5000 ? Values::any : Values::small);
      const Array partials = arena.blank(size(blocks));
      arena.compare(
          "envlock_block_sums", rows_grid(blocks), ck::kRowThreads,
          [&](auto at) {
            return BlockSums{of, count, at(x), at(partials)};
          },
          [&](const BlockSums& op) {
            processor().block_sums(op, {0, blocks});
          });
      const Array result = arena.blank(2);
      if (of == BlockSumOf::values) {
        arena.compare(
            "envlock_mean_loss", {1}, ck::kPairThreads,
            [&](auto at) {
              return MeanLoss{{blocks, at(partials)}, count, at(result)};
            },
            [&](const MeanLoss& op) { processor().mean_loss(op); });
      } else {
        arena.compare(
            "envlock_clip_scale", {1}, ck::kPairThreads,
            [&](auto at) {
              return ClipScale{{blocks, at(partials)}, at(result), at(result) + 1};
            },
            [&](const ClipScale& op) { processor().clip_scale(op); });
      }
    }
  }
}

TEST_CASE("a norm of one or less is not clipped on a GPU", "[device]") {
  if (!has_cuda_device()) return;
  for (const float square : {0.0f, 0.25f, 1.0f, 0x1.000002p+0f, 4.0f, __builtin_inff(), __builtin_nanf("")}) {
    Arena arena(1);
    const Array partials = arena.constant({square});
    const Array result = arena.blank(2);
    arena.compare(
        "envlock_clip_scale", {1}, ck::kPairThreads,
        [&](auto at) {
          return ClipScale{{1, at(partials)}, at(result), at(result) + 1};
        },
        [&](const ClipScale& op) { processor().clip_scale(op); });
  }
}
