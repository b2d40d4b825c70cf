// A training step as data: which tensors there are, where they lie in one arena, and which ops run in which order.
// Every backend walks the same plan, so that the model stands in one place only.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "envlock/kernels/block_sums.h"
#include "envlock/kernels/gemm.h"
#include "envlock/probe/size.h"

namespace envlock::probe {

enum class ElementType { f32, u32 };

/// Index into Plan::tensors.
using TensorId = int;
inline constexpr TensorId kNoTensor = -1;

/// Elements are 4 bytes. Tensors begin at multiples of 64 elements, but for the gradients, which follow each other
/// without a gap in the order of the parameters.
struct Tensor {
  std::string name;  ///< the name that enters the digest; for scratch, a name of its own
  ElementType type = ElementType::f32;
  std::vector<int> shape;
  std::size_t offset = 0;  ///< in elements, from the start of the arena
  std::size_t count = 0;
};

/// A parameter, its gradient and the optimiser's state.
struct Parameter {
  std::string name;
  TensorId value = kNoTensor;
  TensorId gradient = kNoTensor;
  TensorId m = kNoTensor;
  TensorId v = kNoTensor;
  bool uniform = false;  ///< else every element starts as `initial`
  float bound = 0;
  float initial = 0;
  float decay = 0;
};

/// A matrix, or a grid of matrices: matrix (outer, inner) begins at offset + outer * outer_stride + inner *
/// inner_stride.
struct Operand {
  TensorId tensor = kNoTensor;
  std::size_t offset = 0;
  int ld = 0;
  std::size_t outer_stride = 0;
  std::size_t inner_stride = 0;
};

struct LanesOp {
  TensorId ftz, daz;
};
struct EmbedForwardOp {
  TensorId tokens, wte, wpe, out;
};
struct EmbedBackwardOp {
  TensorId tokens, head, dx, dwte, dwpe;
};
struct LayerNormForwardOp {
  TensorId x, weight, bias, mean, rstd, out;
};
struct LayerNormBackwardOp {
  TensorId dy, x, mean, rstd, weight, upstream /* or kNoTensor */, dx;
};
struct LayerNormWeightGradientOp {
  TensorId dy, x, mean, rstd, dweight, dbias;
};
struct GemmOp {
  kernels::GemmForm form;
  int M, N, K;
  Operand a, b, c;
  int outer = 1;  ///< B for attention
  int inner = 1;  ///< H for attention
};
struct SoftmaxForwardOp {
  TensorId scores, probs;
};
struct SoftmaxBackwardOp {
  TensorId probs, dprobs, dscores;
};
struct GeluForwardOp {
  TensorId u, tanh /* scratch, kept for the backward pass */, out;
};
struct GeluBackwardOp {
  TensorId dy, u, tanh, du;
};
struct ResidualOp {
  TensorId left, right, out;
};
struct CrossEntropyOp {
  TensorId logits, targets, max, lse, rows, dlogits;
};
/// loss = sum1024(rows) / N.
struct LossOp {
  TensorId rows, partials /* scratch */, loss;
};
/// norm and scale of all gradients, which are one vector.
struct ClipOp {
  TensorId first_gradient, partials /* scratch */, norm, scale;
};
/// AdamW for every parameter.
struct AdamWOp {
  TensorId scale;
};

using OpKind = std::variant<LanesOp, EmbedForwardOp, EmbedBackwardOp, LayerNormForwardOp, LayerNormBackwardOp,
                            LayerNormWeightGradientOp, GemmOp, SoftmaxForwardOp, SoftmaxBackwardOp, GeluForwardOp,
                            GeluBackwardOp, ResidualOp, CrossEntropyOp, LossOp, ClipOp, AdamWOp>;

struct Op {
  OpKind kind;
  /// Which entries of Plan::digested are final once this op is done. Each entry stands under exactly one op, but for
  /// the first two, tokens and targets, which are inputs.
  std::vector<int> finished;
};

struct Plan {
  Size size;
  std::vector<Tensor> tensors;
  std::size_t arena_elements = 0;
  std::size_t gradient_elements = 0;  ///< of all parameters together
  std::vector<Parameter> parameters;
  TensorId tokens = kNoTensor;
  TensorId targets = kNoTensor;
  TensorId loss = kNoTensor;
  std::vector<Op> ops;             ///< of one step, in order
  std::vector<TensorId> digested;  ///< of one step, in the order of the page

  const Tensor& tensor(TensorId id) const { return tensors[static_cast<std::size_t>(id)]; }
};

/// The plan of a model. Any sizes do, not only those of the page: tests use odd ones.
/// Throws: Error "unknown-size" when C is not a multiple of H or a dimension is not positive.
Plan make_plan(const Size& size);

/// The digested tensors of the initial state: the parameters, under the names "init.X".
std::vector<TensorId> initial_tensors(const Plan& plan);
/// The name under which a tensor enters the digest of the initial state.
std::string initial_name(const Plan& plan, std::size_t parameter);

}  // namespace envlock::probe
