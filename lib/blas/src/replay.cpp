#include "envlock/blas/replay.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "envlock/blas/cublas.h"
#include "envlock/core/text.h"

namespace envlock::blas {
namespace {

/// A value of a variable that makes a library take other code, and what the processor must have for it.
struct Kernel {
  const char* value;
  const char* needs;  ///< "": any
};

constexpr std::array kOpenBlas = {Kernel{"SkylakeX", "avx512f"},
                                  Kernel{"Cooperlake", "avx512_bf16"},
                                  Kernel{"SapphireRapids", "amx_tile"},
                                  Kernel{"Haswell", "avx2"},
                                  Kernel{"Zen", "avx2"},
                                  Kernel{"Sandybridge", "avx"},
                                  Kernel{"Nehalem", ""},
                                  Kernel{"Prescott", ""},
                                  Kernel{"NEOVERSEN1", "asimd"},
                                  Kernel{"NEOVERSEV1", "sve"},
                                  Kernel{"ARMV8", "asimd"}};
// BLIS 0.9 takes its numbers: skx, haswell, zen3, zen2, zen, sandybridge, penryn, generic.
constexpr std::array kBlis = {Kernel{"0", "avx512f"}, Kernel{"3", "avx2"}, Kernel{"6", "avx2"}, Kernel{"7", "avx2"},
                              Kernel{"8", "avx2"},    Kernel{"4", "avx"},  Kernel{"5", ""},     Kernel{"25", ""}};
constexpr std::array kMkl = {Kernel{"AVX512", "avx512f"}, Kernel{"AVX2", "avx2"}, Kernel{"AVX", "avx"},
                             Kernel{"SSE4_2", ""}, Kernel{"COMPATIBLE", ""}};

/// Variables that change what is computed or loaded; of those that are set, each is a suspect.
constexpr std::array<std::string_view, 32> kSteering = {"ATEN_CPU_CAPABILITY",
                                                        "ONEDNN_MAX_CPU_ISA",
                                                        "DNNL_MAX_CPU_ISA",
                                                        "NPY_DISABLE_CPU_FEATURES",
                                                        "NVIDIA_TF32_OVERRIDE",
                                                        "CUBLAS_EMULATE_SINGLE_PRECISION",
                                                        "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
                                                        "TORCH_BLAS_PREFER_CUBLASLT",
                                                        "DISABLE_ADDMM_CUDA_LT",
                                                        "CUBLASLT_WORKSPACE_SIZE",
                                                        "TORCH_CUDNN_V8_API_DISABLED",
                                                        "TORCH_CUDNN_V8_API_ENABLED",
                                                        "CUBLAS_EMULATION_STRATEGY",
                                                        "CUBLASLT_DISABLE_CPU_INSTRUCTIONS_MASK",
                                                        "OPENBLAS_CORETYPE",
                                                        "OPENBLAS_L2_SIZE",
                                                        "OPENBLAS_BLOCK_FACTOR",
                                                        "BLIS_ARCH_TYPE",
                                                        "BLIS_MODEL_TYPE",
                                                        "MKL_CBWR",
                                                        "MKL_ENABLE_INSTRUCTIONS",
                                                        "MKL_DEBUG_CPU_TYPE",
                                                        "MKL_INTERFACE_LAYER",
                                                        "MKL_THREADING_LAYER",
                                                        "FLEXIBLAS",
                                                        "GLIBC_TUNABLES",
                                                        "LD_LIBRARY_PATH",
                                                        "LD_PRELOAD",
                                                        "ARMPL_NUM_THREADS",
                                                        "NVBLAS_CONFIG_FILE",
                                                        "KMP_DETERMINISTIC_REDUCTION",
                                                        "OMP_THREAD_LIMIT"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// What chooses the kernel of the library that ran; null for one that has no such variable.
struct Family {
  const char* variable;
  const char* threads;  ///< the variable that sets their number
  std::vector<Kernel> kernels;
};
std::optional<Family> family_of(const probe::TierRun& run) {
  const std::string library = lower(probe::detail(run.details, "library"));
  const auto is = [&](const char* name) { return library.find(name) != std::string::npos; };
  // A wrapper called libblas.so.3 tells which library it is by what it says of itself.
  if (is("openblas") || !probe::detail(run.details, "config").empty()) {
    return Family{"OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", {kOpenBlas.begin(), kOpenBlas.end()}};
  }
  if (is("mkl")) return Family{"MKL_CBWR", "MKL_NUM_THREADS", {kMkl.begin(), kMkl.end()}};
  if (is("blis") || !probe::detail(run.details, "version").empty()) {
    return Family{"BLIS_ARCH_TYPE", "BLIS_NUM_THREADS", {kBlis.begin(), kBlis.end()}};
  }
  return std::nullopt;
}

class Suspects {
 public:
  explicit Suspects(const Situation& situation) : situation_(situation) {}

  std::vector<Change> all() {
    add_kernels();
    add_threads();
    return std::move(changes_);
  }

 private:
  void add(Change change) {
    const bool known =
        std::any_of(changes_.begin(), changes_.end(), [&](const Change& each) { return same(each, change); });
    if (!known) changes_.push_back(std::move(change));
  }

  bool has(std::string_view isa) const {
    return isa.empty() || std::find(situation_.isa.begin(), situation_.isa.end(), isa) != situation_.isa.end();
  }

  void add_kernel(const Family& family, const std::string& value, std::string_view needs, bool named) {
    Change change;
    change.variables[family.variable] = value;
    if (!has(needs)) change.elsewhere = needs;
    const std::string now = probe::detail(situation_.now->details, "kernel");
    change.cause = "the library takes " + (now.empty() ? std::string("another kernel") : "its kernel `" + now + "`") +
                   " here, and took `" + value + "`" + (named ? "" : " or one that adds up alike") +
                   " when the baseline was accepted";
    change.remedy = "variables: {" + std::string(family.variable) + ": " + value + "}  in environment.yml, then lock";
    add(std::move(change));
  }

  void add_kernels() {
    const std::optional<Family> family = family_of(*situation_.now);
    if (!family) return;
    // The one that the baseline names first.
    const std::string number = probe::detail(situation_.accepted->details, "kernel_number");
    const std::string accepted = number.empty() ? lower(probe::detail(situation_.accepted->details, "kernel")) : number;
    for (const Kernel& kernel : family->kernels) {
      if (!accepted.empty() && lower(kernel.value) == accepted) add_kernel(*family, kernel.value, kernel.needs, true);
    }
    for (const Kernel& kernel : family->kernels) add_kernel(*family, kernel.value, kernel.needs, false);
  }

  void add_threads() {
    const std::optional<Family> family = family_of(*situation_.now);
    const auto words = [](int threads) { return std::to_string(threads) + (threads == 1 ? " thread" : " threads"); };
    for (const int threads : {1, 2, 4}) {
      if (threads == situation_.now->threads) continue;
      const std::string number = std::to_string(threads);
      add({.variables = {},
           .threads = threads,
           .cause = "it ran on " + words(situation_.now->threads) + ", and on " + words(threads) +
                    " when the baseline was accepted",
           .remedy = "variables: {" + (family ? family->threads + (": " + number + ", ") : std::string()) +
                     "OMP_NUM_THREADS: " + number + "}  in environment.yml, then lock"});
    }
  }

  const Situation& situation_;
  std::vector<Change> changes_;
};

std::string setting_of(const std::string& name, const std::string& value) {
  return "`" + core::printable(name + "=" + value) + "`";
}

/// Makes one variable what it was when the run was accepted: `then` is null where it was not set.
Change as_accepted(const std::string& name, const std::string* now, const std::string* then) {
  Change change;
  if (then == nullptr) {
    change.variables[name] = std::nullopt;
    change.cause = setting_of(name, *now) + " is set, and was not when the baseline was accepted";
    change.remedy = "unset " + name + ", or put it into `variables:` of environment.yml and accept anew";
    return change;
  }
  change.variables[name] = *then;
  change.cause = now == nullptr ? setting_of(name, *then) + " was set when the baseline was accepted, and is not now"
                                : setting_of(name, *now) + " is set, and was " + setting_of(name, *then) +
                                      " when the baseline was accepted";
  change.remedy = "variables: {" + name + ": " + core::printable(*then) + "}  in environment.yml, then lock";
  return change;
}

}  // namespace

bool same(const Change& left, const Change& right) {
  return left.variables == right.variables && left.threads == right.threads;
}

std::optional<Change> combined(const std::vector<Change>& changes) {
  Change all;
  for (const Change& change : changes) {
    if (!change.elsewhere.empty() || (change.threads > 0 && all.threads > 0)) return std::nullopt;
    all.threads = std::max(all.threads, change.threads);
    for (const auto& [name, value] : change.variables) {
      if (!all.variables.emplace(name, value).second) return std::nullopt;
    }
    all.cause += (all.cause.empty() ? "" : "; and ") + change.cause;
    all.remedy += (all.remedy.empty() ? "" : "; and ") + change.remedy;
  }
  return all;
}

const std::vector<std::string>& thread_variables() {
  static const std::vector<std::string> names = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
                                                 "BLIS_NUM_THREADS"};
  return names;
}

std::map<std::string, std::string> steering_variables(const std::map<std::string, std::string>& environment,
                                                      int threads) {
  std::map<std::string, std::string> steering;
  const auto add = [&](const std::string& name, const std::string& usual) {
    const auto found = environment.find(name);
    if (found != environment.end() && found->second != usual) steering.insert(*found);
  };
  for (const std::string_view name : kSteering) add(std::string(name), "");
  for (const std::string& name : thread_variables()) add(name, std::to_string(threads));
  add("CUBLAS_WORKSPACE_CONFIG", std::string(kUsualWorkspace));
  return steering;
}

std::vector<Change> changed_variables(const Situation& situation) {
  const int threads = situation.now == nullptr ? 1 : situation.now->threads;
  const std::map<std::string, std::string> now = steering_variables(situation.environment, threads);
  std::map<std::string, std::string> then;
  if (situation.accepted != nullptr)
    then.insert(situation.accepted->variables.begin(), situation.accepted->variables.end());
  std::map<std::string, std::string> both = now;
  both.insert(then.begin(), then.end());
  std::vector<Change> changes;
  for (const auto& [name, value] : both) {
    const auto was = then.find(name);
    const auto is = now.find(name);
    if (was != then.end() && is != now.end() && was->second == is->second) continue;
    changes.push_back(
        as_accepted(name, is == now.end() ? nullptr : &is->second, was == then.end() ? nullptr : &was->second));
  }
  return changes;
}

std::vector<Change> suspects(const Situation& situation) {
  return Suspects(situation).all();
}

}  // namespace envlock::blas
