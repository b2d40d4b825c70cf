#include <array>

#include "envlock/blas/cublas.h"

namespace envlock::blas {
namespace {

std::string variable_of(const Situation& situation, const std::string& name) {
  const auto found = situation.environment.find(name);
  return found == situation.environment.end() ? "" : found->second;
}

Change with(const std::string& name, const std::string& value, const std::string& cause) {
  return {.variables = {{name, value}},
          .threads = 0,
          .elsewhere = {},
          .cause = cause,
          .remedy = "variables: {" + name + ": \"" + value + "\"}  in environment.yml, then lock"};
}

}  // namespace

std::vector<Change> cublas_suspects(const Situation& situation) {
  std::vector<Change> changes;
  // NVIDIA documents 0 alone: TF32 is taken nowhere, whatever a program asks for.
  if (variable_of(situation, "NVIDIA_TF32_OVERRIDE") != "0") {
    changes.push_back(with("NVIDIA_TF32_OVERRIDE", "0",
                           "cuBLAS rounds operands to TF32 here, and did not when the baseline was accepted"));
  }
  // Those that torch's documentation names, and what torch takes where there is none.
  for (const char* workspace : {":4096:8", ":16:8", ":4096:2:16:8"}) {
    const std::string now = variable_of(situation, "CUBLAS_WORKSPACE_CONFIG");
    if (now == workspace) continue;
    changes.push_back(with("CUBLAS_WORKSPACE_CONFIG", workspace,
                           "cuBLAS has a workspace of `" + (now.empty() ? std::string(kUsualWorkspace) : now) +
                               "` here, and had one of `" + workspace +
                               "`, or one with which it takes the same algorithms, when the baseline was accepted"));
  }
  // Since cuBLAS 13 products of float32 can be put together from bfloat16 ones.
  if (variable_of(situation, "CUBLAS_EMULATE_SINGLE_PRECISION") != "0") {
    changes.push_back(with("CUBLAS_EMULATE_SINGLE_PRECISION", "0",
                           "cuBLAS emulates single precision here, and did not when the baseline was accepted"));
  }
  return changes;
}

}  // namespace envlock::blas
