#include "envlock/probe/cpu_backend.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "aligned_memory.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/kernels/cpu_kernels.h"
#include "fp_environment.h"
#include "leaf_queue.h"
#include "pool.h"
#include "start_thread.h"

namespace envlock::probe {
namespace {

using kernels::CpuKernels;
using kernels::Range;

const CpuKernels& choose_kernels(const std::string& isa) {
  const std::vector<const CpuKernels*> usable = kernels::usable_cpu_kernels();
  if (isa.empty()) return *usable.back();
  std::vector<std::string> names;
  for (const CpuKernels* kernels : usable) {
    if (isa == kernels->name) return *kernels;
    names.push_back("`" + std::string(kernels->name) + "`");
  }
  throw core::Error({.code = "unknown-isa",
                     .what = "this machine cannot run kernels for `" + core::printable(isa) + "`",
                     .where = std::nullopt,
                     .why = {"it can run " + core::join(names, ", ")},
                     .hints = {}});
}

/// Below this many fused multiply-adds a product is not worth waking other threads.
constexpr double kSmallProduct = 2.0e5;

class CpuBackend final : public Backend {
 public:
  CpuBackend(const Plan& plan, const CpuOptions& options)
      : plan_(plan),
        options_(options),
        kernels_(choose_kernels(options.isa)),
        gemm_(options.gemm.value_or(kernels_.gemm)),
        arena_(plan.arena_elements),
        initial_(plan_, words(), initial_tensors(plan_)),
        step_(plan_, words(), plan_.digested),
        pool_(
            options.threads, [this] { return hash_one(); }, [this](int) { enter_thread(); }),
        workspaces_(make_workspaces()) {}

  StepResult start() override {
    const FpGuard guard(options_.fp_mode);
    std::memset(arena_.data(), 0, plan_.arena_elements * sizeof(float));
    for (std::size_t i = 0; i < plan_.parameters.size(); ++i) initialise(static_cast<std::uint32_t>(i));
    begin_digests(initial_);
    for (std::size_t i = 0; i < plan_.parameters.size(); ++i) {
      finished(-1, plan_.parameters[i].value, static_cast<int>(i));
    }
    return end_digests(initial_);
  }

  StepResult step(const StepInputs& inputs) override {
    const FpGuard guard(options_.fp_mode);
    inputs_ = &inputs;
    begin_digests(step_);
    std::memcpy(at(plan_.tokens), inputs.tokens.data(), inputs.tokens.size() * sizeof(std::uint32_t));
    std::memcpy(at(plan_.targets), inputs.targets.data(), inputs.targets.size() * sizeof(std::uint32_t));
    finished(inputs.step, plan_.tokens, 0);
    finished(inputs.step, plan_.targets, 1);
    for (const Op& op : plan_.ops) {
      std::visit([this](const auto& kind) { execute(kind); }, op.kind);
      for (const int index : op.finished) {
        finished(inputs.step, plan_.digested[static_cast<std::size_t>(index)], index);
      }
    }
    StepResult result = end_digests(step_);
    result.loss = *at(plan_.loss);
    return result;
  }

  std::vector<std::uint32_t> read(TensorId tensor) override {
    const std::span<const std::uint32_t> bits = words_of(tensor);
    return {bits.begin(), bits.end()};
  }

 private:
  /// Normalises the calling thread for one call, where that is asked for.
  struct FpGuard {
    explicit FpGuard(FpMode mode) {
      if (mode == FpMode::normalised) guard.emplace();
    }
    std::optional<DefaultFpControl> guard;
  };

  void enter_thread() const {
    if (options_.fp_mode == FpMode::normalised) write_fp_control(default_fp_control());
  }

  // --- memory ---

  std::span<std::uint32_t> words() { return {reinterpret_cast<std::uint32_t*>(arena_.data()), plan_.arena_elements}; }
  std::span<std::uint32_t> words_of(TensorId id) {
    const Tensor& tensor = plan_.tensor(id);
    return words().subspan(tensor.offset, tensor.count);
  }
  float* at(TensorId tensor) { return arena_.data() + plan_.tensor(tensor).offset; }
  float* at_or_null(TensorId tensor) { return tensor == kNoTensor ? nullptr : at(tensor); }
  const std::uint32_t* integers(TensorId tensor) { return words_of(tensor).data(); }
  int count(TensorId tensor) const { return static_cast<int>(plan_.tensor(tensor).count); }

  std::vector<AlignedFloats> make_workspaces() {
    std::size_t floats = 0;
    for (const Op& op : plan_.ops) {
      if (const auto* gemm = std::get_if<GemmOp>(&op.kind)) {
        floats = std::max(floats, gemm_.workspace_floats(matrix(*gemm, 0, 0), 1));
        floats = std::max(floats, gemm_.workspace_floats(matrix(*gemm, 0, 0), pool_.threads()));
      }
    }
    std::vector<AlignedFloats> workspaces;
    for (int thread = 0; thread < pool_.threads(); ++thread) workspaces.emplace_back(floats);
    return workspaces;
  }

  // --- digests ---

  void begin_digests(LeafQueue& queue) {
    queue.reset();
    queue_ = options_.digests ? &queue : nullptr;
  }
  void finished(int step, TensorId tensor, int index) {
    if (options_.disturb) options_.disturb(step, tensor, words_of(tensor));
    if (LeafQueue* queue = queue_; queue != nullptr) queue->push(index);
  }
  bool hash_one() {
    LeafQueue* queue = queue_;
    return queue != nullptr && queue->hash_one();
  }
  StepResult end_digests(LeafQueue& queue) {
    StepResult result;
    if (!options_.digests) return result;
    pool_.finish_side_work();
    queue_ = nullptr;
    result.roots = queue.roots();
    result.nans = queue.nans();
    return result;
  }

  // --- ops ---

  /// Cuts 0 .. count-1 into ranges of at least `grain`, each a multiple of it, some for every thread.
  template <typename Body>
  void over(int count, int grain, const Body& body) {
    const int grains = (count + grain - 1) / grain;
    const int parts = std::clamp(pool_.threads() == 1 ? 1 : 2 * pool_.threads(), 1, std::max(grains, 1));
    pool_.run(parts, [&](int part, int) {
      const auto edge = [&](int p) {
        return std::min(count, static_cast<int>(static_cast<long>(grains) * p / parts) * grain);
      };
      body(Range{edge(part), edge(part + 1)});
    });
  }
  /// The least number of rows of so many elements that is worth a thread's while.
  static int rows_grain(int elements) { return std::max(1, 2048 / std::max(elements, 1)); }
  static constexpr int kElementsGrain = 4096;

  void initialise(std::uint32_t number) {
    const Parameter& parameter = plan_.parameters[number];
    float* out = at(parameter.value);
    if (!parameter.uniform) {
      std::fill_n(out, count(parameter.value), parameter.initial);
      return;
    }
    // The generator makes four elements at a time; a last group that is not full is made beside and cut.
    const int blocks = count(parameter.value) / 4;
    over(blocks, 512, [&](Range range) { kernels_.init_uniform({number, parameter.bound, out}, range); });
    if (const int rest = count(parameter.value) % 4; rest > 0) {
      float last[4];
      kernels_.init_uniform({number, parameter.bound, last - 4 * blocks}, {blocks, blocks + 1});
      std::copy_n(last, rest, out + 4 * blocks);
    }
  }

  void execute(const LanesOp& op) {
    // Every thread computes a share, so that none of them can flush to zero unseen.
    const int threads = pool_.threads();
    pool_.run_on_each([&](int thread, int) {
      const auto edge = [&](int t) { return kernels::kLaneColumns * t / threads; };
      kernels_.underflow_lanes({at(op.ftz), at(op.daz)}, {edge(thread), edge(thread + 1)});
    });
  }
  void execute(const EmbedForwardOp& op) {
    const int C = plan_.size.C;
    over(plan_.size.N(), rows_grain(C), [&](Range rows) {
      kernels_.embed_forward({plan_.size.T, C, integers(op.tokens), at(op.wte), at(op.wpe), at(op.out)}, rows);
    });
  }
  void execute(const EmbedBackwardOp& op) {
    const Size& size = plan_.size;
    over(size.C, 16, [&](Range columns) {
      kernels_.embed_backward(
          {size.N(), size.T, size.C, size.V, integers(op.tokens), at(op.head), at(op.dx), at(op.dwte), at(op.dwpe)},
          columns);
    });
  }
  void execute(const LayerNormForwardOp& op) {
    const int C = plan_.size.C;
    over(plan_.size.N(), rows_grain(C), [&](Range rows) {
      kernels_.layernorm_forward({C, at(op.x), at(op.weight), at(op.bias), at(op.mean), at(op.rstd), at(op.out)}, rows);
    });
  }
  void execute(const LayerNormBackwardOp& op) {
    const int C = plan_.size.C;
    over(plan_.size.N(), rows_grain(C), [&](Range rows) {
      kernels_.layernorm_backward(
          {C, at(op.dy), at(op.x), at(op.mean), at(op.rstd), at(op.weight), at_or_null(op.upstream), at(op.dx)}, rows);
    });
  }
  void execute(const LayerNormWeightGradientOp& op) {
    const Size& size = plan_.size;
    over(size.C, 16, [&](Range columns) {
      kernels_.layernorm_weight_gradient(
          {size.N(), size.C, at(op.dy), at(op.x), at(op.mean), at(op.rstd), at(op.dweight), at(op.dbias)}, columns);
    });
  }

  kernels::Gemm matrix(const GemmOp& op, int outer, int inner) {
    const auto place = [&](const Operand& operand) {
      return at(operand.tensor) + operand.offset + static_cast<std::size_t>(outer) * operand.outer_stride +
             static_cast<std::size_t>(inner) * operand.inner_stride;
    };
    return {op.form, op.M, op.N, op.K, place(op.a), op.a.ld, place(op.b), op.b.ld, place(op.c), op.c.ld};
  }
  void execute(const GemmOp& op) {
    const double work = static_cast<double>(op.M) * op.N * op.K;
    const int matrices = op.outer * op.inner;
    if (matrices == 1) {
      const int parts = work < kSmallProduct ? 1 : pool_.threads();
      const kernels::Gemm gemm = matrix(op, 0, 0);
      pool_.run(parts, [&](int part, int thread) { gemm_.run(gemm, part, parts, workspace(thread)); });
      return;
    }
    const int parts = work * matrices < kSmallProduct ? 1 : std::min(matrices, 4 * pool_.threads());
    pool_.run(parts, [&](int part, int thread) {
      for (int i = matrices * part / parts; i < matrices * (part + 1) / parts; ++i) {
        gemm_.run(matrix(op, i / op.inner, i % op.inner), 0, 1, workspace(thread));
      }
    });
  }
  float* workspace(int thread) { return workspaces_[static_cast<std::size_t>(thread)].data(); }

  int softmax_rows() const { return plan_.size.B * plan_.size.H * plan_.size.T; }
  void execute(const SoftmaxForwardOp& op) {
    const Size& size = plan_.size;
    over(softmax_rows(), rows_grain(size.T), [&](Range rows) {
      kernels_.softmax_forward({size.T, size.score_scale, at(op.scores), at(op.probs)}, rows);
    });
  }
  void execute(const SoftmaxBackwardOp& op) {
    const Size& size = plan_.size;
    over(softmax_rows(), rows_grain(size.T), [&](Range rows) {
      kernels_.softmax_backward({size.T, size.score_scale, at(op.probs), at(op.dprobs), at(op.dscores)}, rows);
    });
  }
  void execute(const GeluForwardOp& op) {
    over(count(op.u), kElementsGrain, [&](Range range) {
      kernels_.gelu_forward({at(op.u), at(op.tanh), at(op.out)}, range);
    });
  }
  void execute(const GeluBackwardOp& op) {
    over(count(op.u), kElementsGrain, [&](Range range) {
      kernels_.gelu_backward({at(op.dy), at(op.u), at(op.tanh), at(op.du)}, range);
    });
  }
  void execute(const ResidualOp& op) {
    over(count(op.out), kElementsGrain, [&](Range range) {
      kernels_.residual({at(op.left), at(op.right), at(op.out)}, range);
    });
  }
  void execute(const CrossEntropyOp& op) {
    const Size& size = plan_.size;
    over(size.N(), rows_grain(size.V), [&](Range rows) {
      kernels_.cross_entropy({size.V, 1.0f / static_cast<float>(size.N()), at(op.logits), integers(op.targets),
                              at(op.max), at(op.lse), at(op.rows), at(op.dlogits)},
                             rows);
    });
  }
  void execute(const LossOp& op) {
    const int rows = plan_.size.N();
    kernels_.block_sums({kernels::BlockSumOf::values, rows, at(op.rows), at(op.partials)}, {0, count(op.partials)});
    kernels_.mean_loss({{count(op.partials), at(op.partials)}, rows, at(op.loss)});
  }
  void execute(const ClipOp& op) {
    const auto elements = static_cast<int>(plan_.gradient_elements);
    const int blocks = count(op.partials);
    over(blocks, 8, [&](Range range) {
      kernels_.block_sums({kernels::BlockSumOf::squares, elements, at(op.first_gradient), at(op.partials)}, range);
    });
    kernels_.clip_scale({{blocks, at(op.partials)}, at(op.norm), at(op.scale)});
  }
  void execute(const AdamWOp& op) {
    for (const Parameter& parameter : plan_.parameters) {
      over(count(parameter.value), kElementsGrain, [&](Range range) {
        kernels_.adamw({inputs_->adam, parameter.decay, at(op.scale), at(parameter.gradient), at(parameter.m),
                        at(parameter.v), at(parameter.value)},
                       range);
      });
    }
  }

  Plan plan_;
  CpuOptions options_;
  const CpuKernels& kernels_;
  kernels::GemmFunctions gemm_;
  AlignedFloats arena_;
  LeafQueue initial_;
  LeafQueue step_;
  std::atomic<LeafQueue*> queue_{nullptr};
  Pool pool_;
  std::vector<AlignedFloats> workspaces_;
  const StepInputs* inputs_ = nullptr;
};

}  // namespace

std::vector<std::string> usable_isas() {
  std::vector<std::string> names;
  for (const CpuKernels* kernels : kernels::usable_cpu_kernels()) names.emplace_back(kernels->name);
  return names;
}

std::unique_ptr<Backend> make_cpu_backend(const Plan& plan, const CpuOptions& options) {
  return std::make_unique<CpuBackend>(plan, options);
}

std::vector<std::vector<std::string>> found_fp_settings(int threads) {
  std::vector<std::vector<std::string>> found = {describe(read_fp_control())};
  found.resize(static_cast<std::size_t>(std::max(threads, 1)));
  for (std::size_t i = 1; i < found.size(); ++i) {
    start_thread([&] { found[i] = describe(read_fp_control()); }).join();
  }
  return found;
}

}  // namespace envlock::probe
