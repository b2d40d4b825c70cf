// A driver that fails, as the fake one can be told to by variables of the environment; tests/kernels/cuda.cmake sets
// them, one program run for each.
#include <algorithm>
#include <string>

#include "device/on_device.h"
#include "envlock/probe/cuda.h"

using namespace envlock::probe;

namespace {

envlock::core::Diagnostic failure() {
  const Size size{"odd", 1, 5, 6, 2, 1, 7, 128, 1, 0.5f};
  try {
    const auto gpu = make_cuda_backend(make_plan(size), {});
    gpu->start();
    gpu->step(Schedule(size).next());
  } catch (const envlock::core::Error& error) {
    return error.diagnostics().front();
  }
  FAIL("nothing was thrown");
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("memory that the GPU does not have is an error with its name", "[failure-memory]") {
  const envlock::core::Diagnostic found = failure();
  CHECK(found.code == "cuda-failed");
  CHECK(found.what == "`cuMemAlloc_v2` failed on GPU 0 (envlock interpreter, 0000:01:00.0): CUDA_ERROR_OUT_OF_MEMORY");
  CHECK(found.why == std::vector<std::string>{"out of memory"});
  CHECK(found.hints.size() == 1);
}

TEST_CASE("a launch that fails is an error with the kernel's name", "[failure-launch]") {
  const envlock::core::Diagnostic found = failure();
  CHECK(found.code == "cuda-failed");
  CHECK(contains(found.what, "`cuLaunchKernel(envlock_"));
  CHECK(contains(found.what, "CUDA_ERROR_LAUNCH_FAILED"));
}

TEST_CASE("what goes wrong while nobody waits is found when somebody does", "[failure-late]") {
  const envlock::core::Diagnostic found = failure();
  CHECK(found.code == "cuda-failed");
  CHECK(contains(found.what, "`cuStreamSynchronize` failed on GPU 0"));
}

TEST_CASE("what the driver's compiler says is told", "[failure-compiler]") {
  const envlock::core::Diagnostic found = failure();
  CHECK(found.code == "cuda-failed");
  CHECK(contains(found.what, "`cuModuleLoadDataEx` failed on GPU 0"));
  CHECK(std::any_of(found.why.begin(), found.why.end(),
                    [](const std::string& why) { return contains(why, "ptxas fatal: a word of the compiler"); }));
}

TEST_CASE("a driver without a GPU says so", "[failure-no-device]") {
  CHECK(failure().code == "no-cuda-device");
}

TEST_CASE("a bit that flips while a GPU tests itself keeps it from being used", "[failure-flip]") {
  const envlock::core::Diagnostic found = failure();
  CHECK(found.code == "gpu-self-test");
  CHECK(contains(found.what, "GPU 0 (envlock interpreter, 0000:01:00.0)"));
  REQUIRE(found.why.size() == 1);
  CHECK(contains(found.why[0], "its self-test differs in: "));
}

TEST_CASE("fewer replicas run where memory is short", "[failure-soak]") {
  const Size size{"odd", 1, 5, 6, 2, 1, 7, 128, 1, 0.5f};
  CHECK(make_cuda_soak(make_plan(size), {}, 0)->replicas() == 4);  // the first attempt, at eight, is refused
  CHECK(make_cuda_soak(make_plan(size), {}, 0)->replicas() == 8);
}

TEST_CASE("every GPU is described", "[devices]") {
  const CudaPlatform platform = find_cuda();
  CHECK(platform.driver_version > 0);
  REQUIRE(platform.devices.size() == 2);
  CHECK(platform.devices[0].index == 0);
  CHECK(platform.devices[0].name == "first GPU");
  CHECK(platform.devices[1].name == "second GPU MIG 1g.5gb");
  CHECK_FALSE(platform.devices[0].is_mig);
  CHECK(platform.devices[1].is_mig);
  CHECK(platform.devices[0].uuid.size() == 40);
  CHECK(platform.devices[0].uuid.rfind("GPU-", 0) == 0);
  CHECK(platform.devices[1].uuid.rfind("MIG-", 0) == 0);
  CHECK(platform.devices[0].pci_address == "0000:01:00.0");
  CHECK(platform.devices[1].pci_address == "0000:02:00.0");
  CHECK(platform.devices[1].multiprocessors == 7);
  CHECK(platform.devices[0].major >= 5);
  CHECK(platform.devices[0].memory_bytes > 0);
}
