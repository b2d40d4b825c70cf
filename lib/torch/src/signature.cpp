#include "envlock/torch/signature.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "envlock/core/text.h"

namespace envlock::torch {
namespace {

struct Value {
  const char* value;
  const char* needs;
};
constexpr std::array kCapabilities = {Value{"avx512", "avx512f"}, Value{"avx2", "avx2"}, Value{"default", ""}};
constexpr std::array kOneDnn = {Value{"AVX512_CORE_AMX", "amx_tile"}, Value{"AVX512_CORE_BF16", "avx512_bf16"},
                                Value{"AVX512_CORE", "avx512bw"}, Value{"AVX2", "avx2"}, Value{"SSE41", "sse4_1"}};
constexpr std::array kMkl = {Value{"AVX512", "avx512f"}, Value{"AVX2", "avx2"}, Value{"COMPATIBLE", ""}};
constexpr std::array kOpenBlas = {Value{"SkylakeX", "avx512f"}, Value{"Cooperlake", "avx512_bf16"},
                                  Value{"Haswell", "avx2"},     Value{"Zen", "avx2"},
                                  Value{"Sandybridge", "avx"},  Value{"Nehalem", ""}};

std::string component_of(const std::string& op) {
  return op.substr(0, op.find('.'));
}

class Trials {
 public:
  Trials(const std::vector<std::string>& components, const probe::TierRun& now) : components_(components), now_(now) {}

  void add(Setting setting) {
    if (std::find(all_.begin(), all_.end(), setting) == all_.end()) all_.push_back(std::move(setting));
  }
  /// Each value of variables that mean the same to different versions.
  template <typename Values>
  void add_values(const std::vector<std::string>& variables, const Values& values) {
    for (const Value& value : values) {
      Setting setting{{}, 0, value.needs};
      for (const std::string& variable : variables) setting.variables[variable] = value.value;
      add(std::move(setting));
    }
  }
  bool concerns(std::initializer_list<std::string_view> names) const {
    return std::any_of(components_.begin(), components_.end(), [&](const std::string& component) {
      return std::find(names.begin(), names.end(), component) != names.end();
    });
  }
  bool maps(std::string_view library) const {
    return std::any_of(now_.mapped.begin(), now_.mapped.end(), [&](const probe::MappedFile& file) {
      return core::to_lower(file.path).find(library) != std::string::npos;
    });
  }
  const probe::TierRun& now() const { return now_; }
  std::vector<Setting> take() { return std::move(all_); }

 private:
  const std::vector<std::string>& components_;
  const probe::TierRun& now_;
  std::vector<Setting> all_;
};

void try_blas(Trials& trials) {
  if (!trials.concerns({"gemm", "linalg", "einsum", "attention", "half", "math"})) return;
  const bool within = probe::detail(trials.now().details, "mkl") == "True";
  if (within || trials.maps("libmkl")) trials.add_values({"MKL_CBWR"}, kMkl);
  // Where MKL is within torch, a file of OpenBLAS that is mapped is numpy's.
  if (!within && trials.maps("openblas")) trials.add_values({"OPENBLAS_CORETYPE"}, kOpenBlas);
}

void try_threads(Trials& trials) {
  if (!trials.concerns({"reduce", "norm"})) return;
  for (const int threads : {1, 2, 4, 8}) {
    if (threads != trials.now().threads) trials.add({{}, threads, ""});
  }
}

void try_torch(Trials& trials, const std::string& accepted_kernel) {
  // Other vectors would show in more than these two: then threads come first.
  if (!trials.concerns({"math", "softmax", "activation", "random", "attention"})) try_threads(trials);
  if (trials.concerns({"math", "softmax", "activation", "norm", "random", "attention", "reduce"})) {
    for (const Value& value : kCapabilities) {
      if (value.value == core::to_lower(accepted_kernel)) {
        trials.add({{{"ATEN_CPU_CAPABILITY", value.value}}, 0, value.needs});
      }
    }
    trials.add_values({"ATEN_CPU_CAPABILITY"}, kCapabilities);
  }
  try_threads(trials);
  if (trials.concerns({"conv", "activation", "half"})) {
    trials.add_values({"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"}, kOneDnn);
  }
  try_blas(trials);
  // What makes processors of different makers agree takes all three together.
  trials.add({{{"ATEN_CPU_CAPABILITY", "default"},
               {"ONEDNN_MAX_CPU_ISA", "SSE41"},
               {"DNNL_MAX_CPU_ISA", "SSE41"},
               {"MKL_CBWR", "COMPATIBLE"}},
              0,
              ""});
}

/// On a GPU. Torch has no variable for cuDNN's deterministic algorithms: the variant `deterministic` asks for those.
void try_cuda(Trials& trials) {
  const auto try_value = [&](const std::string& variable, const std::string& value) {
    trials.add({{{variable, value}}, 0, ""});
  };
  const bool products = trials.concerns({"gemm", "attention", "half"});
  const bool factors = trials.concerns({"linalg"});
  const bool convolutions = trials.concerns({"conv"});
  // NVIDIA documents 0 alone: TF32 is taken nowhere, neither by cuBLAS nor by cuDNN, whatever a program asks for.
  if (products || factors || convolutions) try_value("NVIDIA_TF32_OVERRIDE", "0");
  if (products || factors) {
    try_value("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1");
    for (const char* workspace : {":4096:8", ":16:8", ":4096:2:16:8"}) {
      try_value("CUBLAS_WORKSPACE_CONFIG", workspace);
    }
  }
  if (products) {
    try_value("TORCH_BLAS_PREFER_CUBLASLT", "1");
    try_value("DISABLE_ADDMM_CUDA_LT", "1");
    try_value("CUBLAS_EMULATE_SINGLE_PRECISION", "0");
  }
  if (convolutions) {
    try_value("TORCH_CUDNN_V8_API_DISABLED", "1");
    try_value("TORCH_CUDNN_V8_API_ENABLED", "1");
  }
}

/// Leaves out instruction sets among those that this numpy uses, as it names them itself: those that it did not use
/// where the run was accepted, then the newer ones.
void try_numpy(Trials& trials, const std::string& accepted_kernel) {
  if (trials.concerns({"math", "sort", "reduce", "exact"})) {
    const std::string used = probe::detail(trials.now().details, "kernel");
    const std::vector<std::string_view> accepted = core::split(accepted_kernel, ' ');
    std::array<std::vector<std::string>, 3> without;
    for (const std::string_view feature : core::split(used, ' ')) {
      const bool known = std::find(accepted.begin(), accepted.end(), feature) != accepted.end();
      const bool wide = feature.starts_with("AVX512") || feature == "X86_V4";
      if (!known && !accepted_kernel.empty()) without[0].emplace_back(feature);
      if (wide) without[1].emplace_back(feature);
      if (wide || feature == "AVX2" || feature == "FMA3" || feature == "X86_V3") without[2].emplace_back(feature);
    }
    for (const std::vector<std::string>& features : without) {
      if (!features.empty()) trials.add({{{"NPY_DISABLE_CPU_FEATURES", core::join(features, " ")}}, 0, ""});
    }
  }
  try_blas(trials);
}

}  // namespace

std::vector<std::string> differing_components(const probe::AcceptedSection& accepted, const probe::Section& now) {
  std::map<std::string, std::uint32_t> wanted;
  if (!accepted.steps.empty()) {
    const std::size_t count = std::min(accepted.initial_ops.size(), accepted.steps.front().size());
    for (std::size_t i = 0; i < count; ++i) wanted[accepted.initial_ops[i]] = accepted.steps.front()[i];
  }
  std::set<std::string> components;
  for (std::size_t i = 0; i < now.initial_ops.size() && !now.record.steps.empty(); ++i) {
    const auto found = wanted.find(now.initial_ops[i].name);
    if (found == wanted.end() || found->second == probe::shortened(now.record.steps.front().ops.at(i))) continue;
    components.insert(component_of(found->first));
  }
  return {components.begin(), components.end()};
}

std::vector<Setting> settings_to_try(const std::vector<std::string>& components, const probe::TierRun& now,
                                     const std::vector<std::pair<std::string, std::string>>& accepted_details) {
  Trials trials(components, now);
  if (components.empty()) return {};
  const bool on_gpu = probe::detail(now.details, "device").starts_with("cuda:");
  if (on_gpu) {
    try_cuda(trials);
    return trials.take();
  }
  if (now.tier == "torch") try_torch(trials, probe::detail(accepted_details, "kernel"));
  if (now.tier == "numpy") try_numpy(trials, probe::detail(accepted_details, "kernel"));
  return trials.take();
}

}  // namespace envlock::torch
