#include "envlock/probe/cpu_backend.h"

#include <cfenv>
#include <map>

#include "envlock/core/diagnostic.h"
#include "envlock/kernels/cpu_kernels.h"
#include "envlock/probe/digest_tree.h"
#include "envlock/probe/golden.h"
#include "support/catch.h"

namespace envlock::probe {
namespace {

/// No dimension a multiple of any vector's width, or of another.
const Size kOdd{
    .name = "odd", .B = 3, .T = 37, .C = 42, .H = 3, .L = 2, .F = 101, .V = 256, .steps = 3, .score_scale = 0.25f};

std::vector<core::Sha256> op_digests(const Plan& plan, const StepResult& result, int step) {
  const std::vector<TensorId> tensors = step < 0 ? initial_tensors(plan) : plan.digested;
  std::vector<core::Sha256> digests;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = plan.tensor(tensors[i]);
    digests.push_back(
        op_digest(step < 0 ? initial_name(plan, i) : tensor.name, tensor.type, tensor.shape, result.roots[i]));
  }
  return digests;
}

std::vector<std::vector<core::Sha256>> trajectory(const Plan& plan, int steps, const CpuOptions& options) {
  const std::unique_ptr<Backend> backend = make_cpu_backend(plan, options);
  std::vector<std::vector<core::Sha256>> digests = {op_digests(plan, backend->start(), -1)};
  Schedule schedule(plan.size);
  for (int step = 0; step < steps; ++step) {
    digests.push_back(op_digests(plan, backend->step(schedule.next()), step));
  }
  return digests;
}

TEST_CASE("every instruction set and number of threads gives the golden digests") {
  const Plan plan = make_plan(find_size("quick"));
  Golden golden = read_golden(plan);
  golden.steps.resize(3);
  for (const std::string& isa : usable_isas()) {
    for (const int threads : {1, 2, 3, 5, 8, 64}) {
      if (isa == "scalar" && threads > 2) continue;  // slow
      CHECK(trajectory(plan, 2, {.isa = isa, .threads = threads}) == golden.steps);
    }
  }
}

TEST_CASE("sizes that fit no vector give the same bits on every instruction set and number of threads") {
  const Plan plan = make_plan(kOdd);
  const auto want = trajectory(plan, 3, {.isa = "scalar", .threads = 1});
  for (const std::string& isa : usable_isas()) {
    for (const int threads : {1, 2, 3, 7}) {
      INFO(isa << " on " << threads << " threads");
      CHECK(trajectory(plan, 3, {.isa = isa, .threads = threads}) == want);
    }
  }
}

TEST_CASE("a backend can start again, and forgets what it knew") {
  const Plan plan = make_plan(kOdd);
  const std::unique_ptr<Backend> backend = make_cpu_backend(plan, {.threads = 3});
  std::vector<core::Sha256> first;
  for (int round = 0; round < 3; ++round) {
    backend->start();
    Schedule schedule(plan.size);
    for (int step = 0; step < round; ++step) backend->step(schedule.next());
    backend->start();
    Schedule again(plan.size);
    const std::vector<core::Sha256> roots = backend->step(again.next()).roots;
    if (round == 0) first = roots;
    CHECK(roots == first);
  }
}

TEST_CASE("every digested tensor is shown once when it is done, and a change of it is digested") {
  const Plan plan = make_plan(kOdd);
  std::map<std::pair<int, TensorId>, int> shown;
  const TensorId target = plan.digested[7];
  const auto disturb = [&](int step, TensorId tensor, std::span<std::uint32_t> words) {
    CHECK(words.size() == plan.tensor(tensor).count);
    ++shown[{step, tensor}];
    if (step == 1 && tensor == target) words.back() ^= 1;
  };
  const auto clean = trajectory(plan, 2, {.threads = 2});
  const auto disturbed = trajectory(plan, 2, {.threads = 2, .disturb = disturb});
  CHECK(shown.size() == plan.parameters.size() + 2 * plan.digested.size());
  for (const auto& [place, times] : shown) CHECK(times == 1);
  CHECK(disturbed[0] == clean[0]);
  CHECK(disturbed[1] == clean[1]);
  for (std::size_t i = 0; i < 7; ++i) CHECK(disturbed[2][i] == clean[2][i]);
  CHECK(disturbed[2][7] != clean[2][7]);
}

TEST_CASE("tensors can be read, and are the same whether they were hashed or not") {
  const Plan plan = make_plan(kOdd);
  const std::unique_ptr<Backend> hashed = make_cpu_backend(plan, {.threads = 2});
  const std::unique_ptr<Backend> bare = make_cpu_backend(plan, {.threads = 3, .digests = false});
  hashed->start();
  CHECK(bare->start().roots.empty());
  Schedule schedule(plan.size);
  const StepInputs inputs = schedule.next();
  const StepResult result = hashed->step(inputs);
  const StepResult nothing = bare->step(inputs);
  CHECK(nothing.roots.empty());
  CHECK(nothing.loss == result.loss);
  for (std::size_t i = 0; i < plan.digested.size(); ++i) {
    const TensorId id = plan.digested[i];
    const std::vector<std::uint32_t> words = hashed->read(id);
    CHECK(words == bare->read(id));
    CHECK(tree_root(tensor_leaves(words, plan.tensor(id).type, nullptr)) == result.roots[i]);
  }
}

TEST_CASE("a run as found computes in the environment that it finds, a normalised one does not, and leaves it alone") {
  const Plan plan = make_plan(kOdd);
  const auto want = trajectory(plan, 1, {.threads = 3});
  std::fesetround(FE_UPWARD);
  const auto normalised = trajectory(plan, 1, {.threads = 3});
  const int kept = std::fegetround();
  const auto found = trajectory(plan, 1, {.threads = 3, .fp_mode = FpMode::as_found});
  std::fesetround(FE_TONEAREST);
  // The scalars of the optimiser are made in this thread, outside of the backend: up to there all is as it should be.
  CHECK(kept == FE_UPWARD);
  const auto last_gradient = static_cast<std::ptrdiff_t>(plan.digested.size() - 3 * plan.parameters.size());
  CHECK(normalised[0] == want[0]);
  CHECK(std::equal(normalised[1].begin(), normalised[1].begin() + last_gradient, want[1].begin()));
  CHECK(found[0] == want[0]);  // the initial parameters are exact
  CHECK(found[1] != want[1]);
}

TEST_CASE("another library's matrix products take the place of ours") {
  const Plan plan = make_plan(kOdd);
  static int calls;
  calls = 0;
  kernels::GemmFunctions counted = kernels::scalar::gemm_functions();
  counted.run = [](const kernels::Gemm& gemm, int part, int parts, float* workspace) {
    ++calls;
    kernels::scalar::gemm_functions().run(gemm, part, parts, workspace);
  };
  const auto digests = trajectory(plan, 1, {.threads = 1, .gemm = counted});
  CHECK(calls > 20);
  CHECK(digests == trajectory(plan, 1, {.threads = 1}));
}

TEST_CASE("an instruction set that this machine lacks is refused, and those that it has are named") {
  const Plan plan = make_plan(kOdd);
  CHECK(usable_isas().front() == "scalar");
  for (const std::string isa : {"avx1024", "AVX2", "neon\x1b[0m"}) {
    try {
      make_cpu_backend(plan, {.isa = isa});
      FAIL("no error for " << isa);
    } catch (const core::Error& error) {
      CHECK(error.diagnostics().front().code == "unknown-isa");
      CHECK(error.diagnostics().front().why.front().find("`scalar`") != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace envlock::probe
