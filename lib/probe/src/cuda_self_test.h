#pragma once

#include <span>
#include <string_view>

#include "cuda_session.h"

namespace envlock::probe::cuda {

/// A part of the self-test and the SHA-256 of what a processor computes for it.
struct SelfTestPart {
  std::string_view name;
  std::string_view sha256;
};
/// The rows of kernels::cuda::SelfTestRow, then the products in the order of kernels::GemmForm.
std::span<const SelfTestPart> self_test_parts();

/// Computes a sample of every operation that the probe needs, and a product with every kernel that multiplies.
/// Throws: Error "gpu-self-test" where a result is not what the processors give.
void run_self_test(Session& session);

}  // namespace envlock::probe::cuda
