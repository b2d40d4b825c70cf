#include "gpu_gate.h"

#include <algorithm>

#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

bool same_bits(const probe::AcceptedTier& accepted, const probe::TierRun& run) {
  return run.root == accepted.root && probe::same_orders(run.orders, accepted.orders);
}

/// The lock's own files of those that were mapped; absent unless both are at hand.
std::optional<blas::CublasLibrary> locked_cublas(const probe::AcceptedTier& accepted, const LockedFile& locked_file) {
  blas::CublasLibrary library;
  for (const probe::BoundFile& file : accepted.files) {
    const std::string name = std::filesystem::path(file.path).filename().string();
    const bool is_lt = name.starts_with("libcublasLt.so");
    if (!is_lt && !name.starts_with("libcublas.so")) continue;
    const auto unpacked = locked_file(file.package, file.path);
    if (!unpacked) return std::nullopt;
    (is_lt ? library.cublaslt : library.cublas) = *unpacked;
  }
  if (library.cublas.empty() || library.cublaslt.empty()) return std::nullopt;
  return library;
}

/// Between its two variants lies what the deterministic one sets, and nothing else.
report::Explanation torch_takes_other_code(const std::string& subject) {
  const bool as_found = subject == "as-found";
  return {"torch takes other code in `" + subject + "` here; `" + (as_found ? "deterministic" : "as-found") +
              "` computes what was accepted",
          as_found
              ? "what of TF32, cuDNN or reduced precision the details of the two name otherwise: set it as "
                "`deterministic` has it"
              : "see what the deterministic mode sets in this version of torch, or take the one that was accepted"};
}

}  // namespace

bool explain_cublas_by_the_lock(const probe::AcceptedTier& accepted, const GateLock& lock, TierRequest request,
                                report::TierAnswer& answer) {
  auto library = locked_cublas(accepted, lock.locked_file);
  if (!library) return false;
  if (request.cublas) library->function = request.cublas->function;
  request.repeat = 0;
  request.subject = answer.run.subject;
  request.device = device_number(answer.device);
  request.cublas = library;
  core::Notes notes;
  ++answer.replays;
  const GpuTiers replay = run_gpu_tiers(request, notes);
  if (replay.tiers.empty() || !same_bits(accepted, replay.tiers.front().run)) return false;
  const std::string now = core::printable(probe::detail(answer.run.details, "library"));
  const std::string then = core::printable(probe::detail(accepted.details, "library"));
  answer.explanations.push_back(
      {now == then
           ? "`" + now + "` was changed; the lock's own computes what was accepted"
           : "`" + now + "` is loaded in the place of the lock's own `" + then + "`, which computes what was accepted",
       now.starts_with("/") ? "unset LD_LIBRARY_PATH and LD_PRELOAD, or whatever leads to " + now
                            : "`" + lock.repair + "` puts the lock's file back"});
  return true;
}

void explain_by_other_mode(const probe::AcceptedTier& accepted, const std::vector<GpuTier>& tiers,
                           report::TierAnswer& answer) {
  for (const GpuTier& tier : tiers) {
    if (tier.device != answer.device || tier.run.tier != answer.run.tier) continue;
    if (tier.run.subject == answer.run.subject) continue;
    if (tier.run.outcome != probe::TierRun::Outcome::ran || !same_bits(accepted, tier.run)) continue;
    if (answer.run.tier == "torch") {
      answer.explanations.push_back(torch_takes_other_code(answer.run.subject));
      continue;
    }
    const bool pedantic = tier.run.subject == "sgemm-pedantic";
    answer.explanations.push_back(
        {"cuBLAS takes other code for `" + answer.run.subject + "` here; `" + tier.run.subject +
             "` computes what was accepted",
         pedantic ? "ask for CUBLAS_PEDANTIC_MATH in what calls cuBLAS (torch: torch.backends.cuda.matmul.allow_tf32 = "
                    "False), or take the library that was accepted"
                  : "take the library that was accepted"});
  }
}

std::vector<std::string> gpus_that_disagree(const std::vector<report::TierAnswer>& answers) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const report::TierAnswer& one = answers[i];
    if (one.device.empty()) continue;
    const auto other = std::find_if(answers.begin(), answers.begin() + static_cast<std::ptrdiff_t>(i),
                                    [&](const report::TierAnswer& each) {
                                      return each.hardware == one.hardware && each.run.subject == one.run.subject &&
                                             each.run.tier == one.run.tier && each.run.root != one.run.root;
                                    });
    if (other == answers.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    words.push_back("`" + one.run.subject + "` on " + one.device + " computes other bits than on " + other->device +
                    ", which is of the same class");
  }
  return words;
}

std::vector<probe::GpuClass> gpus_elsewhere(const probe::Baseline& baseline,
                                            const std::vector<report::TierAnswer>& answers) {
  std::vector<probe::GpuClass> elsewhere;
  for (const probe::AcceptedClass& known : baseline.classes) {
    if (known.hardware.gpus.empty()) continue;
    const bool is_here = std::any_of(answers.begin(), answers.end(), [&](const report::TierAnswer& answer) {
      return answer.hardware == known.hardware;
    });
    if (!is_here) elsewhere.insert(elsewhere.end(), known.hardware.gpus.begin(), known.hardware.gpus.end());
  }
  return elsewhere;
}

}  // namespace envlock::tools
