// A plan on one GPU, any number of replicas at once: memory, launches, digests.
#pragma once

#include <span>
#include <vector>

#include "cuda_program.h"
#include "envlock/probe/schedule.h"

namespace envlock::probe::cuda {

class Engine {
 public:
  /// `replicas` 0: as many as keep the device busy.
  Engine(const Plan& plan, const CudaOptions& options, int replicas);

  int replicas() const { return memory_.replicas; }
  const Plan& plan() const { return plan_; }
  Session& session() { return session_; }

  /// Launch the work; nothing waits for it. With digests, roots lie in device memory afterwards.
  void launch_start();
  void launch_step(const StepInputs& inputs);

  /// Roots and NaN counts of replica 0.
  StepResult fetch_digests(std::size_t tensors);
  std::vector<std::uint32_t> fetch(TensorId tensor);

  Address roots() const { return memory_.arena + memory_.layout.roots; }
  std::size_t replica_bytes() const { return memory_.layout.replica_bytes; }
  /// Makes every launch of a step note the multiprocessors it runs on.
  void note_multiprocessors();
  /// Those on which the op that finished entry `digested` ran last, in one replica; ascending.
  std::vector<int> multiprocessors_of(int digested, int replica);

 private:
  Memory make_memory(int replicas);
  int busy_replicas() const;

  const Plan plan_;
  bool digests_;
  HashTable initial_table_;
  HashTable step_table_;
  Session session_;
  Memory memory_;
  Programmer programmer_;
  Program initial_;
  Program step_;
  KernelCall take_batch_[2];
  std::vector<KernelCall> hash_initial_;
  std::vector<KernelCall> hash_step_;
  std::vector<std::uint32_t> batches_[2];
  int next_batch_ = 0;
  Address noted_ = 0;
  std::vector<std::size_t> noted_from_;  ///< of each call of step_, in elements
};

}  // namespace envlock::probe::cuda
