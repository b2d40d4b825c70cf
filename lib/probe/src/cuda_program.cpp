#include "cuda_program.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "envlock/kernels/block_sums.h"
#include "envlock/kernels/cross_entropy.h"
#include "envlock/kernels/cuda_adamw.h"
#include "envlock/kernels/cuda_launch.h"
#include "envlock/kernels/embed.h"
#include "envlock/kernels/gelu.h"
#include "envlock/kernels/init.h"
#include "envlock/kernels/lanes.h"
#include "envlock/kernels/layernorm.h"
#include "envlock/kernels/residual.h"
#include "envlock/kernels/softmax.h"

namespace envlock::probe::cuda {

namespace ck = kernels::cuda;

namespace {

constexpr std::size_t kAlignment = 256;

int blocks_for(int items, int per_block) {
  return (items + per_block - 1) / per_block;
}

/// A device address as the pointer that a kernel's struct holds. The host never follows it.
template <typename T>
T* pointer(Address address) {
  return reinterpret_cast<T*>(address);
}

int tiles_of(std::size_t tile, int M, int N) {
  return blocks_for(M, ck::kGemmTiles[tile].rows) * blocks_for(N, ck::kGemmTiles[tile].columns);
}

}  // namespace

HashTable make_hash_table(const Plan& plan, const std::vector<TensorId>& tensors) {
  HashTable table;
  for (const TensorId id : tensors) {
    const Tensor& tensor = plan.tensor(id);
    const int leaves = blocks_for(static_cast<int>(tensor.count), ck::kLeafWords);
    table.tensors.push_back({.offset = tensor.offset,
                             .count = static_cast<unsigned>(tensor.count),
                             .first_leaf = static_cast<unsigned>(table.leaves),
                             .is_float = tensor.type == ElementType::f32 ? 1u : 0u});
    table.leaves += leaves;
    table.most_leaves = std::max(table.most_leaves, leaves);
  }
  return table;
}

Layout make_layout(const Plan& plan, const HashTable& initial, const HashTable& step) {
  const auto leaves = static_cast<std::size_t>(std::max(initial.leaves, step.leaves));
  const std::size_t tensors = std::max(initial.tensors.size(), step.tensors.size());
  Layout layout;
  std::size_t end = plan.arena_elements * 4;
  const auto place = [&](std::size_t bytes) {
    const std::size_t begin = (end + kAlignment - 1) / kAlignment * kAlignment;
    end = begin + bytes;
    return begin;
  };
  layout.leaves = place(leaves * 32);
  layout.leaf_nans = place(leaves * 4);
  layout.scratch = place((leaves + tensors) * 32);
  layout.roots = place(tensors * (32 + 4));
  layout.root_nans = layout.roots + tensors * 32;
  layout.replica_bytes = (end + kAlignment - 1) / kAlignment * kAlignment;
  return layout;
}

std::string gemm_kernel(kernels::GemmForm form, std::size_t tile) {
  const char* name = form == kernels::GemmForm::nn ? "nn" : form == kernels::GemmForm::nt ? "nt" : "tn";
  return std::string("envlock_gemm_") + name + "_" + std::to_string(ck::kGemmTiles[tile].rows) + "x" +
         std::to_string(ck::kGemmTiles[tile].columns);
}

std::size_t choose_tile(int M, int N, int products, int multiprocessors) {
  std::size_t best = 0;
  for (std::size_t tile = 0; tile < std::size(ck::kGemmTiles); ++tile) {
    if (tiles_of(tile, M, N) * products >= 2 * multiprocessors) best = tile;
  }
  return best;
}

template <typename T>
T* Programmer::at(TensorId tensor, std::size_t elements) const {
  return pointer<T>(memory_.arena + (plan_.tensor(tensor).offset + elements) * 4);
}

float* Programmer::at_or_null(TensorId tensor) const {
  return tensor == kNoTensor ? nullptr : at(tensor);
}

int Programmer::count(TensorId tensor) const {
  return static_cast<int>(plan_.tensor(tensor).count);
}

ck::Launch Programmer::common() const {
  return {.replica_bytes = memory_.layout.replica_bytes, .multiprocessors = nullptr};
}

template <typename... Arguments>
void Programmer::add(Program& program, const char* kernel, int blocks, int threads, const Arguments&... arguments) {
  program.calls.push_back(session_.call(kernel, {blocks, 1, memory_.replicas}, threads, common(), arguments...));
}

template <typename Op>
void Programmer::elements(Program& program, const char* kernel, const Op& op, int count) {
  add(program, kernel, blocks_for(count, ck::kElementThreads), ck::kElementThreads, op, count);
}

template <typename Op>
void Programmer::rows(Program& program, const char* kernel, const Op& op, int rows) {
  add(program, kernel, blocks_for(rows, ck::kRowThreads / 32), ck::kRowThreads, op, rows);
}

Program Programmer::initial_state() {
  Program program;
  const auto fill = [&](TensorId tensor, float value) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    add(program, "envlock_fill", blocks_for(count(tensor), ck::kElementThreads), ck::kElementThreads,
        at<std::uint32_t>(tensor), bits, count(tensor));
  };
  for (std::size_t i = 0; i < plan_.parameters.size(); ++i) {
    const Parameter& parameter = plan_.parameters[i];
    if (parameter.uniform) {
      const int threads = blocks_for(count(parameter.value), 4);
      add(program, "envlock_init_uniform", blocks_for(threads, ck::kElementThreads), ck::kElementThreads,
          kernels::UniformInit{static_cast<std::uint32_t>(i), parameter.bound, at(parameter.value)},
          count(parameter.value));
    } else {
      fill(parameter.value, parameter.initial);
    }
    fill(parameter.m, 0);
    fill(parameter.v, 0);
  }
  return program;
}

KernelCall Programmer::take_batch(int which) {
  const int tokens = count(plan_.tokens);
  return session_.call("envlock_take_batch", {blocks_for(2 * tokens, ck::kElementThreads), 1, memory_.replicas},
                       ck::kElementThreads, common(), pointer<const unsigned>(memory_.sent[which]),
                       at<unsigned>(plan_.tokens), at<unsigned>(plan_.targets), tokens);
}

Program Programmer::step() {
  Program program;
  for (const Op& op : plan_.ops) {
    program.first_of_op.push_back(program.calls.size());
    std::visit([&](const auto& kind) { append(program, kind); }, op.kind);
  }
  program.first_of_op.push_back(program.calls.size());
  return program;
}

std::vector<KernelCall> Programmer::hash(const HashTable& table, Address address) {
  const Layout& layout = memory_.layout;
  const ck::Hash hash{.arena = pointer<const unsigned>(memory_.arena),
                      .tensors = pointer<const ck::HashTensor>(address),
                      .tensor_count = static_cast<int>(table.tensors.size()),
                      .leaf_count = table.leaves,
                      .leaves = pointer<unsigned>(memory_.arena + layout.leaves),
                      .leaf_nans = pointer<unsigned>(memory_.arena + layout.leaf_nans),
                      .scratch = pointer<unsigned>(memory_.arena + layout.scratch),
                      .roots = pointer<unsigned>(memory_.arena + layout.roots),
                      .root_nans = pointer<unsigned>(memory_.arena + layout.root_nans)};
  int threads = 32;  // half as many as the lowest level has nodes is plenty
  while (threads < ck::kTreeThreads && 2 * threads < table.most_leaves) threads *= 2;
  Program program;
  add(program, "envlock_sha256_leaves", blocks_for(table.leaves, ck::kLeafThreads), ck::kLeafThreads, hash);
  add(program, "envlock_sha256_trees", hash.tensor_count, threads, hash);
  return program.calls;
}

std::vector<std::byte> Programmer::optimiser_table() const {
  std::vector<ck::AdamWParameter> table;
  int block = 0;
  const auto offset = [&](TensorId tensor) { return static_cast<unsigned long long>(plan_.tensor(tensor).offset); };
  for (const Parameter& parameter : plan_.parameters) {
    table.push_back({.value = offset(parameter.value),
                     .gradient = offset(parameter.gradient),
                     .m = offset(parameter.m),
                     .v = offset(parameter.v),
                     .count = count(parameter.value),
                     .first_block = block,
                     .decay = parameter.decay});
    block += blocks_for(count(parameter.value), ck::kElementThreads);
  }
  std::vector<std::byte> bytes(table.size() * sizeof(ck::AdamWParameter));
  std::memcpy(bytes.data(), table.data(), bytes.size());
  return bytes;
}

// --- ops ---

void Programmer::append(Program& program, const LanesOp& op) {
  add(program, "envlock_underflow_lanes", 1, kernels::kLaneColumns, kernels::UnderflowLanes{at(op.ftz), at(op.daz)});
}

void Programmer::append(Program& program, const EmbedForwardOp& op) {
  elements(program, "envlock_embed_forward",
           kernels::EmbedForward{plan_.size.T, plan_.size.C, at<std::uint32_t>(op.tokens), at(op.wte), at(op.wpe),
                                 at(op.out)},
           count(op.out));
}

void Programmer::append(Program& program, const EmbedBackwardOp& op) {
  const Size& size = plan_.size;
  add(program, "envlock_embed_backward", blocks_for((size.V + size.T) * size.C, ck::kElementThreads),
      ck::kElementThreads,
      kernels::EmbedBackward{size.N(), size.T, size.C, size.V, at<std::uint32_t>(op.tokens), at(op.head), at(op.dx),
                             at(op.dwte), at(op.dwpe)});
}

void Programmer::append(Program& program, const LayerNormForwardOp& op) {
  rows(program, "envlock_layernorm_forward",
       kernels::LayerNormForward{plan_.size.C, at(op.x), at(op.weight), at(op.bias), at(op.mean), at(op.rstd),
                                 at(op.out)},
       plan_.size.N());
}

void Programmer::append(Program& program, const LayerNormBackwardOp& op) {
  rows(program, "envlock_layernorm_backward",
       kernels::LayerNormBackward{plan_.size.C, at(op.dy), at(op.x), at(op.mean), at(op.rstd), at(op.weight),
                                  at_or_null(op.upstream), at(op.dx)},
       plan_.size.N());
}

void Programmer::append(Program& program, const LayerNormWeightGradientOp& op) {
  add(program, "envlock_layernorm_weight_gradient", blocks_for(plan_.size.C, 32), ck::kColumnThreads,
      kernels::LayerNormWeightGradient{plan_.size.N(), plan_.size.C, at(op.dy), at(op.x), at(op.mean), at(op.rstd),
                                       at(op.dweight), at(op.dbias)});
}

void Programmer::append(Program& program, const GemmOp& op) {
  const int products = op.outer * op.inner;
  const std::size_t tile = choose_tile(op.M, op.N, products * memory_.replicas, session_.device().multiprocessors);
  const kernels::Gemm gemm{op.form,
                           op.M,
                           op.N,
                           op.K,
                           at(op.a.tensor, op.a.offset),
                           op.a.ld,
                           at(op.b.tensor, op.b.offset),
                           op.b.ld,
                           at(op.c.tensor, op.c.offset),
                           op.c.ld};
  const auto stride = [](std::size_t elements) { return static_cast<long long>(elements); };
  const ck::GemmGrid grid{.inner_count = op.inner,
                          .a_outer = stride(op.a.outer_stride),
                          .a_inner = stride(op.a.inner_stride),
                          .b_outer = stride(op.b.outer_stride),
                          .b_inner = stride(op.b.inner_stride),
                          .c_outer = stride(op.c.outer_stride),
                          .c_inner = stride(op.c.inner_stride)};
  program.calls.push_back(session_.call(gemm_kernel(op.form, tile),
                                        {tiles_of(tile, op.M, op.N), products, memory_.replicas},
                                        ck::kGemmTiles[tile].threads, common(), gemm, grid));
}

void Programmer::append(Program& program, const SoftmaxForwardOp& op) {
  const Size& size = plan_.size;
  rows(program, "envlock_softmax_forward",
       kernels::SoftmaxForward{size.T, size.score_scale, at(op.scores), at(op.probs)}, size.B * size.H * size.T);
}

void Programmer::append(Program& program, const SoftmaxBackwardOp& op) {
  const Size& size = plan_.size;
  rows(program, "envlock_softmax_backward",
       kernels::SoftmaxBackward{size.T, size.score_scale, at(op.probs), at(op.dprobs), at(op.dscores)},
       size.B * size.H * size.T);
}

void Programmer::append(Program& program, const GeluForwardOp& op) {
  elements(program, "envlock_gelu_forward", kernels::GeluForward{at(op.u), at(op.tanh), at(op.out)}, count(op.u));
}

void Programmer::append(Program& program, const GeluBackwardOp& op) {
  elements(program, "envlock_gelu_backward", kernels::GeluBackward{at(op.dy), at(op.u), at(op.tanh), at(op.du)},
           count(op.u));
}

void Programmer::append(Program& program, const ResidualOp& op) {
  elements(program, "envlock_residual", kernels::Residual{at(op.left), at(op.right), at(op.out)}, count(op.out));
}

void Programmer::append(Program& program, const CrossEntropyOp& op) {
  const Size& size = plan_.size;
  rows(program, "envlock_cross_entropy",
       kernels::CrossEntropy{size.V, 1.0f / static_cast<float>(size.N()), at(op.logits), at<std::uint32_t>(op.targets),
                             at(op.max), at(op.lse), at(op.rows), at(op.dlogits)},
       size.N());
}

void Programmer::append(Program& program, const LossOp& op) {
  const int rows = plan_.size.N();
  add(program, "envlock_block_sums", blocks_for(count(op.partials), ck::kRowThreads / 32), ck::kRowThreads,
      kernels::BlockSums{kernels::BlockSumOf::values, rows, at(op.rows), at(op.partials)});
  add(program, "envlock_mean_loss", 1, ck::kPairThreads,
      kernels::MeanLoss{{count(op.partials), at(op.partials)}, rows, at(op.loss)});
}

void Programmer::append(Program& program, const ClipOp& op) {
  add(program, "envlock_block_sums", blocks_for(count(op.partials), ck::kRowThreads / 32), ck::kRowThreads,
      kernels::BlockSums{kernels::BlockSumOf::squares, static_cast<int>(plan_.gradient_elements), at(op.first_gradient),
                         at(op.partials)});
  add(program, "envlock_clip_scale", 1, ck::kPairThreads,
      kernels::ClipScale{{count(op.partials), at(op.partials)}, at(op.norm), at(op.scale)});
}

void Programmer::append(Program& program, const AdamWOp& op) {
  int blocks = 0;
  for (const Parameter& parameter : plan_.parameters) blocks += blocks_for(count(parameter.value), ck::kElementThreads);
  program.adamw = program.calls.size();
  add(program, "envlock_adamw", blocks, ck::kElementThreads,
      ck::AdamWTable{.step = {},
                     .parameter_count = static_cast<int>(plan_.parameters.size()),
                     .scale = at(op.scale),
                     .arena = pointer<float>(memory_.arena),
                     .parameters = pointer<const ck::AdamWParameter>(memory_.optimiser)});
}

}  // namespace envlock::probe::cuda
