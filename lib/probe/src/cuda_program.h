// A plan as a list of launches: what every step repeats.
#pragma once

#include <cstddef>
#include <vector>

#include "cuda_session.h"
#include "envlock/kernels/cuda_hash.h"
#include "envlock/kernels/cuda_launch.h"
#include "envlock/probe/plan.h"

namespace envlock::probe::cuda {

/// Where things lie in a replica's memory, in bytes from its start: the plan's arena, then what hashing needs.
struct Layout {
  std::size_t leaves = 0;
  std::size_t leaf_nans = 0;
  std::size_t scratch = 0;
  std::size_t roots = 0;  ///< directly followed by root_nans, so that one copy fetches both
  std::size_t root_nans = 0;
  std::size_t replica_bytes = 0;
};

/// The tensors of one digest, as the hashing kernels take them.
struct HashTable {
  std::vector<kernels::cuda::HashTensor> tensors;
  int leaves = 0;
  int most_leaves = 0;  ///< of one tensor
};

HashTable make_hash_table(const Plan& plan, const std::vector<TensorId>& tensors);
Layout make_layout(const Plan& plan, const HashTable& initial, const HashTable& step);

/// The device memory that all launches work in.
struct Memory {
  Layout layout;
  int replicas = 1;
  Address arena = 0;       ///< of replica 0
  Address sent[2] = {};    ///< two batches of tokens and targets, used in turn
  Address optimiser = 0;   ///< the table of the parameters
  Address tables[2] = {};  ///< hash tables: of the initial state, of a step
};

/// Launches in order. `first_of_op[i]` and `first_of_op[i + 1]` enclose those of op i.
struct Program {
  std::vector<KernelCall> calls;
  std::vector<std::size_t> first_of_op;
  std::size_t adamw = 0;  ///< index of the call whose scalars change from step to step
};

/// Builds launches for one session and one piece of memory.
class Programmer {
 public:
  Programmer(Session& session, const Plan& plan, const Memory& memory)
      : session_(session), plan_(plan), memory_(memory) {}

  /// Sets parameters and optimiser to their initial values.
  Program initial_state();
  /// Takes the batch from memory.sent[which].
  KernelCall take_batch(int which);
  /// All ops of the plan.
  Program step();
  /// Hashes the tensors of a table that lies at `address`: leaves, then trees.
  std::vector<KernelCall> hash(const HashTable& table, Address address);
  /// The parameters as the optimiser's kernel takes them, for memory.optimiser.
  std::vector<std::byte> optimiser_table() const;

 private:
  template <typename T = float>
  T* at(TensorId tensor, std::size_t elements = 0) const;
  float* at_or_null(TensorId tensor) const;
  int count(TensorId tensor) const;
  kernels::cuda::Launch common() const;
  template <typename... Arguments>
  void add(Program& program, const char* kernel, int blocks, int threads, const Arguments&... arguments);
  template <typename Op>
  void elements(Program& program, const char* kernel, const Op& op, int count);
  template <typename Op>
  void rows(Program& program, const char* kernel, const Op& op, int rows);

  void append(Program& program, const LanesOp& op);
  void append(Program& program, const EmbedForwardOp& op);
  void append(Program& program, const EmbedBackwardOp& op);
  void append(Program& program, const LayerNormForwardOp& op);
  void append(Program& program, const LayerNormBackwardOp& op);
  void append(Program& program, const LayerNormWeightGradientOp& op);
  void append(Program& program, const GemmOp& op);
  void append(Program& program, const SoftmaxForwardOp& op);
  void append(Program& program, const SoftmaxBackwardOp& op);
  void append(Program& program, const GeluForwardOp& op);
  void append(Program& program, const GeluBackwardOp& op);
  void append(Program& program, const ResidualOp& op);
  void append(Program& program, const CrossEntropyOp& op);
  void append(Program& program, const LossOp& op);
  void append(Program& program, const ClipOp& op);
  void append(Program& program, const AdamWOp& op);

  Session& session_;
  const Plan& plan_;
  const Memory& memory_;
};

/// The kernel that multiplies in this form with tile number `tile` of kernels::cuda::kGemmTiles.
std::string gemm_kernel(kernels::GemmForm form, std::size_t tile);
/// The largest tile that still gives every multiprocessor two blocks; the smallest where none does.
std::size_t choose_tile(int M, int N, int products, int multiprocessors);

}  // namespace envlock::probe::cuda
