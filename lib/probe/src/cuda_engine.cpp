#include "cuda_engine.h"

#include <algorithm>
#include <cstring>

#include "cuda_self_test.h"
#include "envlock/kernels/cuda_adamw.h"
#include "envlock/kernels/cuda_launch.h"

namespace envlock::probe::cuda {
namespace {

/// Replaces a kernel's first argument, which tells it where to note its multiprocessors.
void note_at(KernelCall& call, Address table) {
  kernels::cuda::Launch launch;
  std::memcpy(&launch, call.arguments.front().data(), sizeof launch);
  launch.multiprocessors = reinterpret_cast<unsigned*>(table);
  call.arguments.front() = argument_bytes(launch);
}

std::size_t blocks_of(const KernelCall& call) {
  return static_cast<std::size_t>(call.grid.x) * static_cast<std::size_t>(call.grid.y) *
         static_cast<std::size_t>(call.grid.z);
}

}  // namespace

Engine::Engine(const Plan& plan, const CudaOptions& options, int replicas)
    : plan_(plan),
      digests_(options.digests),
      initial_table_(make_hash_table(plan_, initial_tensors(plan_))),
      step_table_(make_hash_table(plan_, plan_.digested)),
      session_(options.device, options.ptx.empty() ? shipped_ptx() : options.ptx),
      memory_(make_memory(replicas)),
      programmer_(session_, plan_, memory_) {
  if (options.self_test) run_self_test(session_);
  const std::vector<std::byte> optimiser = programmer_.optimiser_table();
  session_.upload(memory_.optimiser, optimiser.data(), optimiser.size());
  const HashTable* tables[] = {&initial_table_, &step_table_};
  for (int i = 0; i < 2; ++i) {
    const std::vector<kernels::cuda::HashTensor>& tensors = tables[i]->tensors;
    session_.upload(memory_.tables[i], tensors.data(), tensors.size() * sizeof tensors[0]);
    take_batch_[i] = programmer_.take_batch(i);
  }
  initial_ = programmer_.initial_state();
  step_ = programmer_.step();
  hash_initial_ = programmer_.hash(initial_table_, memory_.tables[0]);
  hash_step_ = programmer_.hash(step_table_, memory_.tables[1]);
  session_.wait();  // what was uploaded lies in memory that ends here
}

int Engine::busy_replicas() const {
  // The smallest launches of a step have a handful of blocks: two replicas a multiprocessor keep all of them at work.
  const std::size_t bytes = make_layout(plan_, initial_table_, step_table_).replica_bytes;
  const std::size_t fitting = session_.device().memory_bytes / 4 * 3 / bytes;
  return static_cast<int>(
      std::clamp<std::size_t>(fitting, 1, static_cast<std::size_t>(2 * session_.device().multiprocessors)));
}

Memory Engine::make_memory(int replicas) {
  session_.enter();
  Memory memory;
  memory.layout = make_layout(plan_, initial_table_, step_table_);
  memory.replicas = replicas == 0 ? busy_replicas() : replicas;
  const auto bytes = [&] { return memory.layout.replica_bytes * static_cast<std::size_t>(memory.replicas); };
  if (replicas == 0) {
    // Somebody else may hold a part of the device's memory.
    while (memory.replicas > 1 && (memory.arena = session_.allocate_if_free(bytes())) == 0) memory.replicas /= 2;
  }
  if (memory.arena == 0) memory.arena = session_.allocate(bytes());
  const std::size_t batch = (plan_.tensor(plan_.tokens).count + plan_.tensor(plan_.targets).count) * 4;
  for (Address& sent : memory.sent) sent = session_.allocate(batch);
  memory.optimiser = session_.allocate(plan_.parameters.size() * sizeof(kernels::cuda::AdamWParameter));
  memory.tables[0] = session_.allocate(initial_table_.tensors.size() * sizeof(kernels::cuda::HashTensor));
  memory.tables[1] = session_.allocate(step_table_.tensors.size() * sizeof(kernels::cuda::HashTensor));
  return memory;
}

void Engine::launch_start() {
  session_.enter();
  for (KernelCall& call : initial_.calls) session_.launch(call);
  if (!digests_) return;
  for (KernelCall& call : hash_initial_) session_.launch(call);
}

void Engine::launch_step(const StepInputs& inputs) {
  session_.enter();
  // Two places for the batch, in turn, on the host as on the device: this one is not overwritten while the copy or the
  // step before may still read the other.
  std::vector<std::uint32_t>& batch = batches_[next_batch_];
  batch = inputs.tokens;
  batch.insert(batch.end(), inputs.targets.begin(), inputs.targets.end());
  session_.upload(memory_.sent[next_batch_], batch.data(), batch.size() * sizeof batch[0]);
  session_.launch(take_batch_[next_batch_]);
  next_batch_ = 1 - next_batch_;
  std::memcpy(step_.calls[step_.adamw].arguments[1].data() + offsetof(kernels::cuda::AdamWTable, step), &inputs.adam,
              sizeof inputs.adam);
  for (KernelCall& call : step_.calls) session_.launch(call);
  if (!digests_) return;
  for (KernelCall& call : hash_step_) session_.launch(call);
}

StepResult Engine::fetch_digests(std::size_t tensors) {
  StepResult result;
  if (!digests_) {
    session_.wait();
    return result;
  }
  // The NaN counts follow the roots of the longer of the two tables.
  const std::size_t roots_bytes = memory_.layout.root_nans - memory_.layout.roots;
  std::vector<std::uint8_t> bytes(roots_bytes + tensors * 4);
  session_.download(bytes.data(), roots(), bytes.size());
  for (std::size_t i = 0; i < tensors; ++i) {
    core::Sha256 root;
    std::memcpy(root.bytes.data(), bytes.data() + i * 32, 32);
    std::uint32_t nans = 0;
    std::memcpy(&nans, bytes.data() + roots_bytes + i * 4, 4);
    result.roots.push_back(root);
    result.nans.push_back(nans);
  }
  return result;
}

std::vector<std::uint32_t> Engine::fetch(TensorId id) {
  session_.enter();
  const Tensor& tensor = plan_.tensor(id);
  std::vector<std::uint32_t> words(tensor.count);
  session_.download(words.data(), memory_.arena + tensor.offset * 4, words.size() * 4);
  return words;
}

void Engine::note_multiprocessors() {
  session_.enter();
  std::size_t blocks = 0;
  for (const KernelCall& call : step_.calls) {
    noted_from_.push_back(blocks);
    blocks += blocks_of(call);
  }
  noted_ = session_.allocate(blocks * 4);
  for (std::size_t i = 0; i < step_.calls.size(); ++i) note_at(step_.calls[i], noted_ + noted_from_[i] * 4);
}

std::vector<int> Engine::multiprocessors_of(int digested, int replica) {
  std::vector<int> found;
  for (std::size_t op = 0; op < plan_.ops.size(); ++op) {
    const std::vector<int>& finished = plan_.ops[op].finished;
    if (std::find(finished.begin(), finished.end(), digested) == finished.end()) continue;
    for (std::size_t i = step_.first_of_op[op]; i < step_.first_of_op[op + 1]; ++i) {
      const std::size_t blocks = blocks_of(step_.calls[i]) / static_cast<std::size_t>(memory_.replicas);
      std::vector<std::uint32_t> noted(blocks);
      session_.download(noted.data(), noted_ + (noted_from_[i] + blocks * static_cast<std::size_t>(replica)) * 4,
                        blocks * 4);
      for (const std::uint32_t multiprocessor : noted) found.push_back(static_cast<int>(multiprocessor));
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace envlock::probe::cuda
