#include "envlock/probe/plan.h"

#include <map>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/kernels/adamw.h"
#include "envlock/kernels/lanes.h"

namespace envlock::probe {
namespace {

constexpr std::size_t kAlignment = 64;  // elements: 256 bytes, which every backend's widest access divides

/// Lays out tensors and appends ops. The order of the calls is the order of docs/probe-spec.md.
class Builder {
 public:
  explicit Builder(const Size& size) : size_(size) { plan_.size = size; }

  Plan build() {
    declare_parameters();
    inputs();
    TensorId x = embed();
    for (int l = 0; l < size_.L; ++l) x = layer_forward(l, x);
    TensorId up = head(x);
    for (int l = size_.L - 1; l >= 0; --l) up = layer_backward(l, up);
    embed_backward(up);
    optimiser();
    return std::move(plan_);
  }

 private:
  // --- tensors ---

  TensorId add(std::string name, std::vector<int> shape, ElementType type = ElementType::f32) {
    std::size_t count = 1;
    for (const int dimension : shape) count *= static_cast<std::size_t>(dimension);
    plan_.arena_elements = (plan_.arena_elements + kAlignment - 1) / kAlignment * kAlignment;
    plan_.tensors.push_back({std::move(name), type, std::move(shape), plan_.arena_elements, count});
    plan_.arena_elements += count;
    const TensorId id = static_cast<TensorId>(plan_.tensors.size()) - 1;
    by_name_[plan_.tensors.back().name] = id;
    return id;
  }
  TensorId id(const std::string& name) const { return by_name_.at(name); }
  TensorId hidden(const std::string& name) { return add(name, {size_.B, size_.T, size_.C}); }
  TensorId wide(const std::string& name) { return add(name, {size_.B, size_.T, size_.F}); }
  TensorId per_token(const std::string& name) { return add(name, {size_.B, size_.T}); }
  TensorId square(const std::string& name) { return add(name, {size_.B, size_.H, size_.T, size_.T}); }

  // --- ops ---

  int digest(TensorId tensor) {
    plan_.digested.push_back(tensor);
    return static_cast<int>(plan_.digested.size()) - 1;
  }
  /// Appends an op that finishes these tensors, which are digested in this order.
  void op(OpKind kind, const std::vector<TensorId>& finished) {
    Op op{std::move(kind), {}};
    for (const TensorId tensor : finished) op.finished.push_back(digest(tensor));
    plan_.ops.push_back(std::move(op));
  }

  Operand rows(TensorId tensor) const {
    return {.tensor = tensor, .offset = 0, .ld = plan_.tensor(tensor).shape.back()};
  }
  /// The (T,D) matrices of one third of qkv, or of a (B,T,C) tensor: one for each sequence and head.
  Operand heads(TensorId tensor, int third) const {
    const int width = plan_.tensor(tensor).shape.back();
    return {.tensor = tensor,
            .offset = static_cast<std::size_t>(third * size_.C),
            .ld = width,
            .outer_stride = static_cast<std::size_t>(size_.T) * static_cast<std::size_t>(width),
            .inner_stride = static_cast<std::size_t>(size_.D())};
  }
  Operand squares(TensorId tensor) const {
    const auto area = static_cast<std::size_t>(size_.T) * static_cast<std::size_t>(size_.T);
    return {.tensor = tensor,
            .offset = 0,
            .ld = size_.T,
            .outer_stride = area * static_cast<std::size_t>(size_.H),
            .inner_stride = area};
  }

  /// y = x * weight^T, with x (N,K) and weight (M,K).
  GemmOp linear(TensorId x, TensorId weight, TensorId y) const {
    const std::vector<int>& shape = plan_.tensor(weight).shape;
    return {kernels::GemmForm::nt, size_.N(), shape[0], shape[1], rows(x), rows(weight), rows(y)};
  }
  /// dx = dy * weight.
  GemmOp linear_input_gradient(TensorId dy, TensorId weight, TensorId dx) const {
    const std::vector<int>& shape = plan_.tensor(weight).shape;
    return {kernels::GemmForm::nn, size_.N(), shape[1], shape[0], rows(dy), rows(weight), rows(dx)};
  }
  /// dweight = dy^T * x.
  GemmOp linear_weight_gradient(TensorId dy, TensorId x, TensorId dweight) const {
    const std::vector<int>& shape = plan_.tensor(dweight).shape;
    return {kernels::GemmForm::tn, shape[0], shape[1], size_.N(), rows(dy), rows(x), rows(dweight)};
  }
  /// One product for each sequence and head.
  GemmOp attention(kernels::GemmForm form, int M, int N, int K, Operand a, Operand b, Operand c) const {
    return {form, M, N, K, a, b, c, size_.B, size_.H};
  }

  // --- parts of the model ---

  struct Initial {
    bool uniform;
    float value;  ///< the bound of a uniform parameter, else every element
  };

  void declare(const std::string& name, std::vector<int> shape, Initial initial) {
    Parameter parameter;
    parameter.name = name;
    parameter.decay = shape.size() == 2 ? kernels::kAdamDecay : 0.0f;
    parameter.uniform = initial.uniform;
    (initial.uniform ? parameter.bound : parameter.initial) = initial.value;
    shapes_.push_back(std::move(shape));
    plan_.parameters.push_back(std::move(parameter));
  }

  void declare_parameters() {
    const int C = size_.C;
    const auto uniform = [](float bound) { return Initial{true, bound}; };
    const auto constant = [](float value) { return Initial{false, value}; };
    declare("wte", {size_.V, C}, uniform(0x1p-5f));
    declare("wpe", {size_.T, C}, uniform(0x1p-5f));
    for (int l = 0; l < size_.L; ++l) {
      const std::string layer = std::to_string(l) + ".";
      declare(layer + "ln1.weight", {C}, constant(1));
      declare(layer + "ln1.bias", {C}, constant(0));
      declare(layer + "attn.qkv", {3 * C, C}, uniform(0x1p-3f));
      declare(layer + "attn.proj", {C, C}, uniform(0x1p-4f));
      declare(layer + "ln2.weight", {C}, constant(1));
      declare(layer + "ln2.bias", {C}, constant(0));
      declare(layer + "mlp.up", {size_.F, C}, uniform(0x1p-3f));
      declare(layer + "mlp.down", {C, size_.F}, uniform(0x1p-4f));
    }
    declare("lnf.weight", {C}, constant(1));
    declare("lnf.bias", {C}, constant(0));

    for (std::size_t i = 0; i < plan_.parameters.size(); ++i) {
      Parameter& parameter = plan_.parameters[i];
      parameter.value = add("param." + parameter.name, shapes_[i]);
      parameter.m = add("opt.m." + parameter.name, shapes_[i]);
      parameter.v = add("opt.v." + parameter.name, shapes_[i]);
    }
    // The norm takes all gradients as one vector: they lie side by side.
    plan_.arena_elements = (plan_.arena_elements + kAlignment - 1) / kAlignment * kAlignment;
    for (std::size_t i = 0; i < plan_.parameters.size(); ++i) {
      Parameter& parameter = plan_.parameters[i];
      const std::size_t count = plan_.tensor(parameter.value).count;
      plan_.tensors.push_back({"grad." + parameter.name, ElementType::f32, shapes_[i], plan_.arena_elements, count});
      plan_.arena_elements += count;
      plan_.gradient_elements += count;
      parameter.gradient = static_cast<TensorId>(plan_.tensors.size()) - 1;
      by_name_[plan_.tensors.back().name] = parameter.gradient;
    }
  }

  void inputs() {
    plan_.tokens = add("data.tokens", {size_.B, size_.T}, ElementType::u32);
    plan_.targets = add("data.targets", {size_.B, size_.T}, ElementType::u32);
    digest(plan_.tokens);
    digest(plan_.targets);
    const TensorId ftz = add("lane.ftz", {kernels::kFtzRows, kernels::kLaneColumns});
    const TensorId daz = add("lane.daz", {kernels::kDazRows, kernels::kLaneColumns});
    op(LanesOp{ftz, daz}, {ftz, daz});
  }

  TensorId embed() {
    const TensorId out = hidden("fwd.embed");
    op(EmbedForwardOp{plan_.tokens, id("param.wte"), id("param.wpe"), out}, {out});
    return out;
  }

  TensorId layernorm(const std::string& norm, const std::string& parameter, TensorId x) {
    const TensorId mean = per_token("fwd." + norm + ".mean");
    const TensorId rstd = per_token("fwd." + norm + ".rstd");
    const TensorId out = hidden("fwd." + norm + ".out");
    op(LayerNormForwardOp{x, id("param." + parameter + ".weight"), id("param." + parameter + ".bias"), mean, rstd, out},
       {mean, rstd, out});
    return out;
  }

  TensorId layer_forward(int l, TensorId x) {
    const std::string layer = std::to_string(l) + ".";
    const std::string fwd = "fwd." + layer;
    const int T = size_.T;
    const int D = size_.D();
    const TensorId ln1 = layernorm(layer + "ln1", layer + "ln1", x);
    const TensorId qkv = add(fwd + "attn.qkv", {size_.B, T, 3 * size_.C});
    op(linear(ln1, id("param." + layer + "attn.qkv"), qkv), {qkv});
    const TensorId scores = square(fwd + "attn.scores");
    op(attention(kernels::GemmForm::nt, T, T, D, heads(qkv, 0), heads(qkv, 1), squares(scores)), {scores});
    const TensorId probs = square(fwd + "attn.probs");
    op(SoftmaxForwardOp{scores, probs}, {probs});
    const TensorId mix = hidden(fwd + "attn.mix");
    op(attention(kernels::GemmForm::nn, T, D, T, squares(probs), heads(qkv, 2), heads(mix, 0)), {mix});
    const TensorId proj = hidden(fwd + "attn.proj");
    op(linear(mix, id("param." + layer + "attn.proj"), proj), {proj});
    const TensorId res1 = hidden(fwd + "res1");
    op(ResidualOp{x, proj, res1}, {res1});
    const TensorId ln2 = layernorm(layer + "ln2", layer + "ln2", res1);
    const TensorId mlp_up = wide(fwd + "mlp.up");
    op(linear(ln2, id("param." + layer + "mlp.up"), mlp_up), {mlp_up});
    const TensorId tanh = wide("scratch." + layer + "tanh");
    const TensorId gelu = wide(fwd + "mlp.gelu");
    op(GeluForwardOp{mlp_up, tanh, gelu}, {gelu});
    const TensorId down = hidden(fwd + "mlp.down");
    op(linear(gelu, id("param." + layer + "mlp.down"), down), {down});
    const TensorId res2 = hidden(fwd + "res2");
    op(ResidualOp{res1, down, res2}, {res2});
    return res2;
  }

  /// Digests two weight gradients and an input gradient of a normalization, in the page's order.
  TensorId layernorm_backward(const std::string& norm, TensorId dy, TensorId x, TensorId upstream,
                              const std::string& dx_name) {
    const TensorId mean = id("fwd." + norm + ".mean");
    const TensorId rstd = id("fwd." + norm + ".rstd");
    const TensorId dweight = id("grad." + norm + ".weight");
    const TensorId dbias = id("grad." + norm + ".bias");
    op(LayerNormWeightGradientOp{dy, x, mean, rstd, dweight, dbias}, {dweight, dbias});
    const TensorId dx = hidden(dx_name);
    op(LayerNormBackwardOp{dy, x, mean, rstd, id("param." + norm + ".weight"), upstream, dx}, {dx});
    return dx;
  }

  /// From the last layer to the loss and back to what enters the last normalization.
  TensorId head(TensorId x) {
    const TensorId lnf = layernorm("lnf", "lnf", x);
    const TensorId wte = id("param.wte");
    const TensorId logits = add("fwd.logits", {size_.B, size_.T, size_.V});
    op(linear(lnf, wte, logits), {logits});
    const TensorId max = per_token("loss.max");
    const TensorId lse = per_token("loss.lse");
    const TensorId rows_of_loss = per_token("loss.rows");
    plan_.loss = add("loss", {1});
    const TensorId dlogits = add("bwd.logits", {size_.B, size_.T, size_.V});
    op(CrossEntropyOp{logits, plan_.targets, max, lse, rows_of_loss, dlogits}, {max, lse, rows_of_loss});
    op(LossOp{rows_of_loss, partials("scratch.loss", size_.N()), plan_.loss}, {plan_.loss, dlogits});
    const TensorId dwte = add("bwd.wte.head", {size_.V, size_.C});
    op(linear_weight_gradient(dlogits, lnf, dwte), {dwte});
    const TensorId dlnf = hidden("bwd.lnf.out");
    op(linear_input_gradient(dlogits, wte, dlnf), {dlnf});
    return layernorm_backward("lnf", dlnf, x, kNoTensor, "bwd.lnf.in");
  }

  TensorId layer_backward(int l, TensorId up) {
    const std::string layer = std::to_string(l) + ".";
    const std::string fwd = "fwd." + layer;
    const std::string bwd = "bwd." + layer;
    const int T = size_.T;
    const int D = size_.D();
    const TensorId x = l == 0 ? id("fwd.embed") : id("fwd." + std::to_string(l - 1) + ".res2");
    const TensorId gelu = id(fwd + "mlp.gelu");
    const auto gradient = [&](const std::string& name) { return id("grad." + layer + name); };
    const auto value = [&](const std::string& name) { return id("param." + layer + name); };

    op(linear_weight_gradient(up, gelu, gradient("mlp.down")), {gradient("mlp.down")});
    const TensorId dgelu = wide(bwd + "mlp.gelu");
    op(linear_input_gradient(up, value("mlp.down"), dgelu), {dgelu});
    const TensorId dup = wide(bwd + "mlp.up");
    op(GeluBackwardOp{dgelu, id(fwd + "mlp.up"), id("scratch." + layer + "tanh"), dup}, {dup});
    op(linear_weight_gradient(dup, id(fwd + "ln2.out"), gradient("mlp.up")), {gradient("mlp.up")});
    const TensorId dln2 = hidden(bwd + "ln2.out");
    op(linear_input_gradient(dup, value("mlp.up"), dln2), {dln2});
    const TensorId dres1 = layernorm_backward(layer + "ln2", dln2, id(fwd + "res1"), up, bwd + "res1");

    op(linear_weight_gradient(dres1, id(fwd + "attn.mix"), gradient("attn.proj")), {gradient("attn.proj")});
    const TensorId dmix = hidden(bwd + "attn.mix");
    op(linear_input_gradient(dres1, value("attn.proj"), dmix), {dmix});
    const TensorId qkv = id(fwd + "attn.qkv");
    const TensorId probs = id(fwd + "attn.probs");
    const TensorId dprobs = square(bwd + "attn.probs");
    op(attention(kernels::GemmForm::nt, T, T, D, heads(dmix, 0), heads(qkv, 2), squares(dprobs)), {dprobs});
    const TensorId dscores = square(bwd + "attn.scores");
    op(SoftmaxBackwardOp{probs, dprobs, dscores}, {dscores});
    const TensorId dqkv = add(bwd + "attn.qkv", {size_.B, T, 3 * size_.C});
    op(attention(kernels::GemmForm::nn, T, D, T, squares(dscores), heads(qkv, 1), heads(dqkv, 0)), {});
    op(attention(kernels::GemmForm::tn, T, D, T, squares(dscores), heads(qkv, 0), heads(dqkv, 1)), {});
    op(attention(kernels::GemmForm::tn, T, D, T, squares(probs), heads(dmix, 0), heads(dqkv, 2)), {dqkv});
    op(linear_weight_gradient(dqkv, id(fwd + "ln1.out"), gradient("attn.qkv")), {gradient("attn.qkv")});
    const TensorId dln1 = hidden(bwd + "ln1.out");
    op(linear_input_gradient(dqkv, value("attn.qkv"), dln1), {dln1});
    return layernorm_backward(layer + "ln1", dln1, x, dres1, bwd + "in");
  }

  void embed_backward(TensorId dx) {
    const TensorId dwte = id("grad.wte");
    const TensorId dwpe = id("grad.wpe");
    op(EmbedBackwardOp{plan_.tokens, id("bwd.wte.head"), dx, dwte, dwpe}, {dwte, dwpe});
  }

  void optimiser() {
    const TensorId norm = add("opt.norm", {1});
    const TensorId scale = add("opt.scale", {1});
    const auto elements = static_cast<int>(plan_.gradient_elements);
    op(ClipOp{plan_.parameters.front().gradient, partials("scratch.norm", elements), norm, scale}, {norm, scale});
    std::vector<TensorId> state;
    for (const Parameter& parameter : plan_.parameters) {
      state.insert(state.end(), {parameter.m, parameter.v, parameter.value});
    }
    op(AdamWOp{scale}, state);
  }

  TensorId partials(const std::string& name, int count) {
    return add(name, {(count + kernels::kSumBlock - 1) / kernels::kSumBlock});
  }

  Size size_;
  Plan plan_;
  std::vector<std::vector<int>> shapes_;  ///< of the parameters
  std::map<std::string, TensorId> by_name_;
};

}  // namespace

Plan make_plan(const Size& size) {
  const int dimensions[] = {size.B, size.T, size.C, size.H, size.L, size.F, size.V};
  bool positive = true;
  for (const int dimension : dimensions) positive = positive && dimension > 0;
  if (!positive || size.C % size.H != 0) {
    throw core::Error({.code = "unknown-size",
                       .what = "`" + size.name + "` has dimensions that no model can have",
                       .where = std::nullopt,
                       .why = {"all must be positive, and the heads must divide the channels"},
                       .hints = {}});
  }
  return Builder(size).build();
}

std::vector<TensorId> initial_tensors(const Plan& plan) {
  std::vector<TensorId> tensors;
  for (const Parameter& parameter : plan.parameters) tensors.push_back(parameter.value);
  return tensors;
}

std::string initial_name(const Plan& plan, std::size_t parameter) {
  return "init." + plan.parameters.at(parameter).name;
}

}  // namespace envlock::probe
