// Whole training steps on a GPU, digest by digest against the processor.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "device/on_device.h"
#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/cuda.h"

using namespace envlock::probe;
using namespace envlock_test;

namespace {

/// No dimension is a multiple of a tile, a warp or four.
const Size kOdd{"odd", 3, 37, 20, 4, 2, 44, 256, 3, 0.25f};

void check_equal(const StepResult& gpu, const StepResult& cpu, const std::vector<std::string>& names) {
  REQUIRE(gpu.roots.size() == cpu.roots.size());
  REQUIRE(gpu.roots.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    CHECK(gpu.roots[i] == cpu.roots[i]);
    CHECK(gpu.nans[i] == cpu.nans[i]);
  }
  CHECK(bits(gpu.loss) == bits(cpu.loss));
}

std::vector<std::string> initial_names(const Plan& plan) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < plan.parameters.size(); ++i) names.push_back(initial_name(plan, i));
  return names;
}

std::vector<std::string> step_names(const Plan& plan) {
  std::vector<std::string> names;
  for (const TensorId id : plan.digested) names.push_back(plan.tensor(id).name);
  return names;
}

void compare_steps(const Size& size, int steps, const std::string& ptx = {}) {
  const Plan plan = make_plan(size);
  const auto cpu = make_cpu_backend(plan, {});
  const auto gpu = make_cuda_backend(plan, {.device = 0, .digests = true, .ptx = ptx, .self_test = true});
  check_equal(gpu->start(), cpu->start(), initial_names(plan));
  Schedule schedule(size);
  for (int step = 0; step < steps; ++step) {
    INFO("step " << step);
    const StepInputs inputs = schedule.next();
    check_equal(gpu->step(inputs), cpu->step(inputs), step_names(plan));
  }
  const TensorId last = plan.parameters.back().value;
  CHECK(gpu->read(last) == cpu->read(last));
  CHECK(gpu->read(plan.tokens) == cpu->read(plan.tokens));
}

}  // namespace

TEST_CASE("steps of the quick model on a GPU are those on a processor", "[device][steps]") {
  if (!has_cuda_device()) return;
  compare_steps(find_size("quick"), 2);
}

TEST_CASE("steps of a model with odd dimensions on a GPU are those on a processor", "[device][steps]") {
  if (!has_cuda_device()) return;
  compare_steps(kOdd, 3);
}

TEST_CASE("the PTX of another compiler computes the same", "[compilers]") {
  if (!has_cuda_device()) return;
  const char* path = std::getenv("ENVLOCK_TEST_PTX");
  REQUIRE(path != nullptr);
  std::ifstream file(path);
  const std::string ptx((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  REQUIRE(ptx.find("envlock_adamw") != std::string::npos);
  compare_steps(kOdd, 2, ptx);
  compare_steps(find_size("quick"), 1, ptx);
}

TEST_CASE("a second run on the same GPU starts afresh", "[device][steps]") {
  if (!has_cuda_device()) return;
  const Plan plan = make_plan(kOdd);
  const auto gpu = make_cuda_backend(plan, {});
  Schedule schedule(kOdd);
  const StepInputs inputs = schedule.next();
  const StepResult start = gpu->start();
  const StepResult first = gpu->step(inputs);
  gpu->step(schedule.next());
  CHECK(gpu->start().roots == start.roots);
  CHECK(gpu->step(inputs).roots == first.roots);
}

TEST_CASE("without digests a GPU computes the same", "[device][steps]") {
  if (!has_cuda_device()) return;
  const Plan plan = make_plan(kOdd);
  const auto with = make_cuda_backend(plan, {});
  const auto without = make_cuda_backend(plan, {.device = 0, .digests = false, .ptx = {}, .self_test = true});
  with->start();
  CHECK(without->start().roots.empty());
  Schedule schedule(kOdd);
  const StepInputs inputs = schedule.next();
  const StepResult expected = with->step(inputs);
  const StepResult found = without->step(inputs);
  CHECK(found.roots.empty());
  CHECK(bits(found.loss) == bits(expected.loss));
}

TEST_CASE("replicas on a GPU are compared on the device", "[device][steps]") {
  if (!has_cuda_device()) return;
  const Plan plan = make_plan(kOdd);
  const auto cpu = make_cpu_backend(plan, {});
  const auto soak = make_cuda_soak(plan, {}, 3);
  CHECK(soak->replicas() == 3);
  CHECK(soak->start(cpu->start().roots).empty());
  Schedule schedule(kOdd);
  for (int step = 0; step < 2; ++step) {
    const StepInputs inputs = schedule.next();
    CHECK(soak->step(inputs, cpu->step(inputs).roots).empty());
  }
  // A wrong expectation stands for a wrong device: every replica differs from it, in the same place.
  const StepInputs inputs = schedule.next();
  std::vector<envlock::core::Sha256> roots = cpu->step(inputs).roots;
  roots[20].bytes[31] ^= 1;
  roots[50].bytes[0] ^= 1;
  const std::vector<CudaMismatch> found = soak->step(inputs, roots);
  REQUIRE(found.size() == 3);
  for (int replica = 0; replica < 3; ++replica) {
    CHECK(found[static_cast<std::size_t>(replica)].replica == replica);
    CHECK(found[static_cast<std::size_t>(replica)].step == 2);
    CHECK(found[static_cast<std::size_t>(replica)].tensor == 20);
    CHECK_FALSE(found[static_cast<std::size_t>(replica)].multiprocessors.empty());
  }
}

TEST_CASE("a GPU that does not exist is refused by its number", "[device]") {
  if (!has_cuda_device()) return;
  const int count = static_cast<int>(find_cuda().devices.size());
  for (const int device : {-1, count}) {
    try {
      make_cuda_backend(make_plan(kOdd), {.device = device, .digests = true, .ptx = {}, .self_test = true});
      FAIL("nothing was thrown");
    } catch (const envlock::core::Error& error) {
      CHECK(error.diagnostics().front().code == "no-cuda-device");
    }
  }
}
