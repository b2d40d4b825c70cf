// Runs one size of the probe and prints its digests as a golden file has them. It is linked several times, each time
// with kernels that were compiled in another way, to show that the way does not matter, or that it does and is found.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/digest_tree.h"
#include "envlock/probe/plan.h"
#include "envlock/probe/schedule.h"

namespace envlock::probe {
namespace {

void print(const std::string& step, const std::string& name, const core::Sha256& digest) {
  std::printf("%s %s %s\n", step.c_str(), name.c_str(), core::format(digest).c_str());
}

/// Prints the initial state or one step, and gives its chain.
core::Sha256 tell(const Plan& plan, const StepResult& result, int step, const core::Sha256& before) {
  const std::string label = step < 0 ? "init" : std::to_string(step);
  const std::vector<TensorId> tensors = step < 0 ? initial_tensors(plan) : plan.digested;
  std::vector<core::Sha256> ops;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = plan.tensor(tensors[i]);
    const std::string name = step < 0 ? initial_name(plan, i) : tensor.name;
    ops.push_back(op_digest(name, tensor.type, tensor.shape, result.roots[i]));
    print(label, name, ops.back());
  }
  const core::Sha256 root = tree_root(ops);
  const core::Sha256 chain = chain_digest(before, root);
  print(label, "root", root);
  print(label, "chain", chain);
  return chain;
}

void run(const std::string& size, int steps, const std::string& isa, int threads) {
  const Plan plan = make_plan(find_size(size));
  const std::unique_ptr<Backend> backend = make_cpu_backend(plan, {.isa = isa, .threads = threads});
  Schedule schedule(plan.size);
  core::Sha256 chain = tell(plan, backend->start(), -1, {});
  for (int step = 0; step < steps; ++step) chain = tell(plan, backend->step(schedule.next()), step, chain);
}

}  // namespace
}  // namespace envlock::probe

/// chain                            prints the instruction sets that this machine can run, a line each
/// chain SIZE STEPS ISA THREADS     runs
int main(int argc, char** argv) {
  if (argc == 1) {
    for (const std::string& isa : envlock::probe::usable_isas()) std::puts(isa.c_str());
    return 0;
  }
  if (argc != 5) {
    std::fputs("chain SIZE STEPS ISA THREADS\n", stderr);
    return 2;
  }
  try {
    envlock::probe::run(argv[1], std::atoi(argv[2]), argv[3], std::atoi(argv[4]));
  } catch (const envlock::core::Error& error) {
    for (const auto& diagnostic : error.diagnostics()) std::fprintf(stderr, "%s\n", diagnostic.what.c_str());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
