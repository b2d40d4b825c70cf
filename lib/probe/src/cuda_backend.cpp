#include <cstring>

#include "cuda_engine.h"
#include "envlock/probe/cuda.h"

namespace envlock::probe {
namespace {

class CudaBackend final : public Backend {
 public:
  CudaBackend(const Plan& plan, const CudaOptions& options) : engine_(plan, options, 1) {}

  StepResult start() override {
    engine_.launch_start();
    return engine_.fetch_digests(engine_.plan().parameters.size());
  }

  StepResult step(const StepInputs& inputs) override {
    engine_.launch_step(inputs);
    StepResult result = engine_.fetch_digests(engine_.plan().digested.size());
    const std::uint32_t loss = engine_.fetch(engine_.plan().loss).front();
    std::memcpy(&result.loss, &loss, sizeof loss);
    return result;
  }

  std::vector<std::uint32_t> read(TensorId tensor) override { return engine_.fetch(tensor); }

 private:
  cuda::Engine engine_;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(const Plan& plan, const CudaOptions& options) {
  return std::make_unique<CudaBackend>(plan, options);
}

}  // namespace envlock::probe
