// The kernels that work element by element, each against its twin for the processor.
#include "device/on_device.h"
#include "envlock/kernels/cuda_adamw.h"

namespace ck = envlock::kernels::cuda;
using namespace envlock::kernels;
using namespace envlock_test;
using Values = Arena::Values;

namespace {

std::size_t size(int n) {
  return static_cast<std::size_t>(n);
}

envlock::probe::cuda::Grid elements_grid(int count) {
  return {blocks_for(count, ck::kElementThreads)};
}

const std::uint32_t* integers_at(const float* words) {
  return reinterpret_cast<const std::uint32_t*>(words);
}

constexpr int kCounts[] = {1, 255, 256, 257, 1000};

}  // namespace

TEST_CASE("gelu on a GPU is that on a processor", "[device]") {
  if (!has_cuda_device()) return;
  for (const int count : kCounts) {
    for (const Values values : {Values::small, Values::any}) {
      Arena arena(static_cast<std::uint32_t>(count));
      const Array u = arena.random(size(count), values);
      const Array tanh = arena.blank(size(count));
      const Array out = arena.blank(size(count));
      arena.compare(
          "envlock_gelu_forward", elements_grid(count), ck::kElementThreads,
          [&](auto at) {
            return GeluForward{at(u), at(tanh), at(out)};
          },
          [&](const GeluForward& op) {
            processor().gelu_forward(op, {0, count});
          },
          count);
      const Array dy = arena.random(size(count), values);
      const Array du = arena.blank(size(count));
      arena.compare(
          "envlock_gelu_backward", elements_grid(count), ck::kElementThreads,
          [&](auto at) {
            return GeluBackward{at(dy), at(u), at(tanh), at(du)};
          },
          [&](const GeluBackward& op) {
            processor().gelu_backward(op, {0, count});
          },
          count);
    }
  }
}

TEST_CASE("sums of two tensors on a GPU are those on a processor", "[device]") {
  if (!has_cuda_device()) return;
  for (const int count : kCounts) {
    Arena arena(static_cast<std::uint32_t>(count));
    const Array left = arena.random(size(count), Values::any);
    const Array right = arena.random(size(count), Values::any);
    const Array out = arena.blank(size(count));
    arena.compare(
        "envlock_residual", elements_grid(count), ck::kElementThreads,
        [&](auto at) {
          return Residual{at(left), at(right), at(out)};
        },
        [&](const Residual& op) {
          processor().residual(op, {0, count});
        },
        count);
  }
}

TEST_CASE("the embedding on a GPU is that on a processor", "[device]") {
  if (!has_cuda_device()) return;
  const int B = 3;
  const int T = 11;
  const int V = 13;
  for (const int C : {1, 20, 65}) {
    Arena arena(static_cast<std::uint32_t>(C));
    const Array tokens = arena.integers(size(B * T), V);
    const Array wte = arena.random(size(V * C), Values::any);
    const Array wpe = arena.random(size(T * C));
    const Array out = arena.blank(size(B * T * C));
    arena.compare(
        "envlock_embed_forward", elements_grid(B * T * C), ck::kElementThreads,
        [&](auto at) { return EmbedForward{T, C, integers_at(at(tokens)), at(wte), at(wpe), at(out)}; },
        [&](const EmbedForward& op) {
          processor().embed_forward(op, {0, B * T});
        },
        B * T * C);
    const Array head = arena.random(size(V * C));
    const Array dx = arena.random(size(B * T * C));
    const Array dwte = arena.blank(size(V * C));
    const Array dwpe = arena.blank(size(T * C));
    arena.compare(
        "envlock_embed_backward", elements_grid((V + T) * C), ck::kElementThreads,
        [&](auto at) {
          return EmbedBackward{B * T, T, C, V, integers_at(at(tokens)), at(head), at(dx), at(dwte), at(dwpe)};
        },
        [&](const EmbedBackward& op) {
          processor().embed_backward(op, {0, C});
        });
  }
}

TEST_CASE("the underflow lanes on a GPU are those on a processor", "[device]") {
  if (!has_cuda_device()) return;
  Arena arena(1);
  const Array ftz = arena.blank(size(kFtzRows * kLaneColumns));
  const Array daz = arena.blank(size(kDazRows * kLaneColumns));
  arena.compare(
      "envlock_underflow_lanes", {1}, kLaneColumns,
      [&](auto at) {
        return UnderflowLanes{at(ftz), at(daz)};
      },
      [&](const UnderflowLanes& op) {
        processor().underflow_lanes(op, {0, kLaneColumns});
      });
}

TEST_CASE("initial values on a GPU are those on a processor", "[device]") {
  if (!has_cuda_device()) return;
  for (const int count : {1, 2, 3, 4, 1023, 1024, 1025}) {
    Arena arena(1);
    // The processor's twin fills whole groups of four: behind the last of them nothing is compared.
    const int whole = count / 4 * 4;
    const Array out = arena.blank(size(whole + 4));
    arena.compare(
        "envlock_init_uniform", elements_grid(blocks_for(count, 4)), ck::kElementThreads,
        [&](auto at) {
          return UniformInit{7, 0x1p-4f, at(out)};
        },
        [&](const UniformInit& op) {
          const float* end = op.out + count;
          const std::vector<float> behind(end, end + (whole + 4 - count));
          processor().init_uniform(op, {0, whole / 4 + 1});
          std::copy(behind.begin(), behind.end(), op.out + count);
        },
        count);
  }
}

TEST_CASE("the optimiser on a GPU is that on a processor", "[device]") {
  if (!has_cuda_device()) return;
  constexpr int kParameters[] = {1, 257, 600, 256};
  Arena arena(5);
  struct Places {
    Array value, gradient, m, v;
  };
  std::vector<Places> places;
  for (const int count : kParameters) {
    places.push_back({arena.random(size(count)), arena.random(size(count), Values::any), arena.random(size(count)),
                      arena.random(size(count))});
    for (int r = 0; r < Arena::kReplicas; ++r) {
      float* v = arena.host(places.back().v, r);
      for (int i = 0; i < count; ++i) v[i] = __builtin_fabsf(v[i]) * (i % 3 == 0 ? 0x1p-130f : 1.0f);
    }
  }
  const Array scale = arena.constant({0.75f});
  std::vector<ck::AdamWParameter> table;
  int blocks = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    table.push_back({.value = places[i].value.offset,
                     .gradient = places[i].gradient.offset,
                     .m = places[i].m.offset,
                     .v = places[i].v.offset,
                     .count = kParameters[i],
                     .first_block = blocks,
                     .decay = i % 2 == 0 ? kAdamDecay : 0.0f});
    blocks += blocks_for(kParameters[i], ck::kElementThreads);
  }
  const auto table_on_device = session().allocate(table.size() * sizeof table[0]);
  session().upload(table_on_device, table.data(), table.size() * sizeof table[0]);
  const Array whole{0, 0};
  const AdamWStep step{0x1.8p-9f, 1.25f, 1.5f};
  arena.compare(
      "envlock_adamw", {blocks}, ck::kElementThreads,
      [&](auto at) {
        return ck::AdamWTable{step, static_cast<int>(table.size()), at(scale), at(whole),
                              reinterpret_cast<const ck::AdamWParameter*>(table_on_device)};
      },
      [&](const ck::AdamWTable& op) {
        for (const ck::AdamWParameter& parameter : table) {
          processor().adamw({step, parameter.decay, op.scale, op.arena + parameter.gradient, op.arena + parameter.m,
                             op.arena + parameter.v, op.arena + parameter.value},
                            {0, parameter.count});
        }
      });
}
