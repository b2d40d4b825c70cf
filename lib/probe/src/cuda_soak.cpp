#include "envlock/kernels/cuda_soak.h"
#include "cuda_engine.h"
#include "envlock/kernels/cuda_launch.h"
#include "envlock/probe/cuda.h"

namespace envlock::probe {
namespace {

using kernels::cuda::SoakMismatch;

class CudaSoakRun final : public CudaSoak {
 public:
  CudaSoakRun(const Plan& plan, const CudaOptions& options, int replicas)
      : engine_(plan, with_digests(options), replicas), mismatches_(static_cast<std::size_t>(engine_.replicas())) {
    cuda::Session& session = engine_.session();
    const std::size_t most = std::max(plan.digested.size(), plan.parameters.size());
    expected_ = session.allocate(most * sizeof(core::Sha256));
    found_ = session.allocate(mismatches_.size() * sizeof(SoakMismatch));
    session.upload(found_, mismatches_.data(), mismatches_.size() * sizeof(SoakMismatch));
    engine_.note_multiprocessors();
  }

  int replicas() const override { return engine_.replicas(); }

  std::vector<CudaMismatch> start(const std::vector<core::Sha256>& roots) override {
    engine_.launch_start();
    return compare(-1, roots);
  }

  std::vector<CudaMismatch> step(const StepInputs& inputs, const std::vector<core::Sha256>& roots) override {
    engine_.launch_step(inputs);
    return compare(inputs.step, roots);
  }

 private:
  static CudaOptions with_digests(CudaOptions options) {
    options.digests = true;
    return options;
  }

  std::vector<CudaMismatch> compare(int step, const std::vector<core::Sha256>& roots) {
    cuda::Session& session = engine_.session();
    session.upload(expected_, roots.data(), roots.size() * sizeof roots[0]);
    const kernels::cuda::Soak soak{.roots = reinterpret_cast<const unsigned*>(engine_.roots()),
                                   .expected = reinterpret_cast<const unsigned*>(expected_),
                                   .mismatches = reinterpret_cast<SoakMismatch*>(found_),
                                   .tensor_count = static_cast<int>(roots.size()),
                                   .step = static_cast<unsigned>(step)};
    cuda::KernelCall call =
        session.call("envlock_soak_compare", {1, 1, engine_.replicas()}, kernels::cuda::kSoakThreads,
                     kernels::cuda::Launch{.replica_bytes = engine_.replica_bytes(), .multiprocessors = nullptr}, soak);
    session.launch(call);
    std::vector<SoakMismatch> now(mismatches_.size());
    session.download(now.data(), found_, now.size() * sizeof now[0]);
    std::vector<CudaMismatch> fresh;
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (now[i].found == 0 || mismatches_[i].found != 0) continue;
      CudaMismatch mismatch{.replica = static_cast<int>(now[i].replica),
                            .step = step,
                            .tensor = static_cast<int>(now[i].tensor),
                            .multiprocessors = {}};
      if (step >= 0) mismatch.multiprocessors = engine_.multiprocessors_of(mismatch.tensor, mismatch.replica);
      fresh.push_back(std::move(mismatch));
    }
    mismatches_ = std::move(now);
    return fresh;
  }

  cuda::Engine engine_;
  std::vector<SoakMismatch> mismatches_;
  cuda::Address expected_ = 0;
  cuda::Address found_ = 0;
};

}  // namespace

std::unique_ptr<CudaSoak> make_cuda_soak(const Plan& plan, const CudaOptions& options, int replicas) {
  return std::make_unique<CudaSoakRun>(plan, options, replicas);
}

}  // namespace envlock::probe
