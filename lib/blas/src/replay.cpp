#include "envlock/blas/replay.h"

#include <algorithm>
#include <array>
#include <string_view>

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
// BLIS 0.9 takes its numbers: skx, haswell, sandybridge, penryn, zen3, zen2, zen.
constexpr std::array kBlis = {Kernel{"0", "avx512f"}, Kernel{"3", "avx2"}, Kernel{"6", "avx2"}, Kernel{"7", "avx2"},
                              Kernel{"8", "avx2"},    Kernel{"4", "avx"},  Kernel{"5", ""}};
constexpr std::array kMkl = {Kernel{"AVX512", "avx512f"}, Kernel{"AVX2", "avx2"}, Kernel{"AVX", "avx"},
                             Kernel{"SSE4_2", ""}, Kernel{"COMPATIBLE", ""}};

/// Variables that change what is computed or loaded; of those that are set, each is a suspect.
constexpr std::array<std::string_view, 22> kSteering = {"ATEN_CPU_CAPABILITY",
                                                        "ONEDNN_MAX_CPU_ISA",
                                                        "DNNL_MAX_CPU_ISA",
                                                        "NPY_DISABLE_CPU_FEATURES",
                                                        "NVIDIA_TF32_OVERRIDE",
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
                                                        "KMP_DETERMINISTIC_REDUCTION"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// What chooses the kernel of the library that ran; null for one that has no such variable.
struct Family {
  const char* variable;
  std::vector<Kernel> kernels;
};
std::optional<Family> family_of(const probe::TierRun& run) {
  const std::string library = lower(probe::detail(run.details, "library"));
  const auto is = [&](const char* name) { return library.find(name) != std::string::npos; };
  // A wrapper called libblas.so.3 tells which library it is by what it says of itself.
  if (is("openblas") || !probe::detail(run.details, "config").empty()) {
    return Family{"OPENBLAS_CORETYPE", {kOpenBlas.begin(), kOpenBlas.end()}};
  }
  if (is("mkl")) return Family{"MKL_CBWR", {kMkl.begin(), kMkl.end()}};
  if (is("blis") || !probe::detail(run.details, "version").empty()) {
    return Family{"BLIS_ARCH_TYPE", {kBlis.begin(), kBlis.end()}};
  }
  return std::nullopt;
}

class Suspects {
 public:
  explicit Suspects(const Situation& situation) : situation_(situation) {}

  std::vector<Change> set_variables() {
    add_set_variables();
    return std::move(changes_);
  }

  std::vector<Change> all() {
    add_set_variables();
    add_kernels();
    add_threads();
    return std::move(changes_);
  }

 private:
  void add(Change change) {
    const bool known = std::any_of(changes_.begin(), changes_.end(), [&](const Change& each) {
      return each.variables == change.variables && each.threads == change.threads;
    });
    if (!known) changes_.push_back(std::move(change));
  }

  /// Variables that are set: one by one, then all of them together.
  void add_set_variables() {
    Change together;
    std::string names;
    for (const std::string_view name : kSteering) {
      const auto found = situation_.environment.find(std::string(name));
      if (found == situation_.environment.end()) continue;
      const std::string setting = found->first + "=" + found->second;
      add({.variables = {{found->first, std::nullopt}},
           .cause = "`" + setting + "` is set, and was not when the baseline was accepted",
           .remedy = "unset " + found->first + ", or put it into `variables:` of environment.yml and accept anew"});
      together.variables[found->first] = std::nullopt;
      names += (names.empty() ? "" : ", ") + found->first;
    }
    if (together.variables.size() < 2) return;
    together.cause = names + " are set, and were not when the baseline was accepted";
    together.remedy = "unset " + names;
    add(std::move(together));
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
    for (const int threads : {1, 2, 4}) {
      if (threads == situation_.now->threads) continue;
      add({.variables = {},
           .threads = threads,
           .cause = "it ran on " + std::to_string(situation_.now->threads) + " threads, and on " +
                    std::to_string(threads) + " when the baseline was accepted",
           .remedy = "run with `--probe-threads " + std::to_string(threads) + "`"});
    }
  }

  const Situation& situation_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> set_variables(const Situation& situation) {
  return Suspects(situation).set_variables();
}

std::vector<Change> suspects(const Situation& situation) {
  return Suspects(situation).all();
}

}  // namespace envlock::blas
