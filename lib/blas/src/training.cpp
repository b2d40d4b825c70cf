#include <bit>

#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/run.h"
#include "sections.h"

namespace envlock::blas {
namespace {

/// The backend takes plain functions; in this process, which exists for one library, they find it here.
Product active;

std::size_t no_workspace(const kernels::Gemm&, int) {
  return 0;
}
void run_active(const kernels::Gemm& gemm, int part, int, float*) {
  // The backend has one thread, so that part 0 is always there, and the library divides the work as it likes.
  if (part == 0) active(gemm);
}

class Activation {
 public:
  explicit Activation(Product product) { active = std::move(product); }
  ~Activation() { active = nullptr; }
  Activation(const Activation&) = delete;
  Activation& operator=(const Activation&) = delete;
};

std::unique_ptr<probe::Backend> make_backend(const probe::Plan& plan, bool digests) {
  return probe::make_cpu_backend(plan, {.isa = {},
                                        .threads = 1,
                                        .fp_mode = probe::FpMode::as_found,
                                        .digests = digests,
                                        .disturb = {},
                                        .gemm = kernels::GemmFunctions{no_workspace, run_active}});
}

}  // namespace

void compute_training(const Product& product, const probe::Plan& plan, int steps, probe::TierRun& run) {
  const Activation activation(product);
  const std::unique_ptr<probe::Backend> backend = make_backend(plan, true);
  probe::SectionBuilder section("training", probe::initial_ops(plan), probe::step_ops(plan));
  section.add(backend->start().roots);
  probe::Schedule schedule(plan.size);
  for (int step = 0; step < steps; ++step) {
    const probe::StepResult result = backend->step(schedule.next());
    section.add(result.roots, std::bit_cast<std::uint32_t>(result.loss));
  }
  run.sections.push_back(section.finish());
}

void check_training_bounds(const Product& product, Reference& reference, const probe::Plan& plan, int steps,
                           probe::TierRun& run) {
  int step = 0;
  std::size_t call = 0;
  std::vector<float> have;
  // The run goes on with our products, so that each of the library's is held against its own operands alone.
  const Activation activation([&](const kernels::Gemm& gemm) {
    have.assign(static_cast<std::size_t>(gemm.M) * static_cast<std::size_t>(gemm.N), 0.0f);
    kernels::Gemm theirs = gemm;
    theirs.c = have.data();
    theirs.ldc = gemm.N;
    product(theirs);
    reference(gemm);
    const probe::Place place{"training", step, "product." + std::to_string(call++)};
    if (auto wrong = find_wrong(reference, theirs, have.data(), false, place)) run.wrong.push_back(std::move(*wrong));
  });
  const std::unique_ptr<probe::Backend> backend = make_backend(plan, false);
  backend->start();
  probe::Schedule schedule(plan.size);
  for (; step < steps; ++step) {
    call = 0;
    backend->step(schedule.next());
    if (!run.wrong.empty()) return;  // one step of examples is enough
  }
}

}  // namespace envlock::blas
