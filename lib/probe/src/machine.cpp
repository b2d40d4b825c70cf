#include "envlock/probe/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <thread>

#include "cpu_quota.h"
#include "envlock/core/text.h"

extern char** environ;

namespace envlock::probe {
namespace {

/// Whole names, or beginnings that end in `_`.
constexpr std::string_view kNumericVariables[] = {
    "OPENBLAS_",
    "GOTO_",
    "OMP_",
    "GOMP_",
    "KMP_",
    "MKL_",
    "BLIS_",
    "ATEN_",
    "DNNL_",
    "ONEDNN_",
    "NPY_",
    "CUBLAS_",
    "CUDNN_",
    "NCCL_",
    "TORCH_",
    "CUDA_CACHE_DISABLE",
    "CUDA_DEVICE_ORDER",
    "CUDA_DISABLE_PTX_JIT",
    "CUDA_FORCE_JIT",
    "CUDA_FORCE_PTX_JIT",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_MODULE_LOADING",
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_TF32_OVERRIDE",
    "XLA_FLAGS",
    "GLIBC_TUNABLES",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
};

bool changes_numerics(std::string_view variable) {
  return std::any_of(std::begin(kNumericVariables), std::end(kNumericVariables), [&](std::string_view known) {
    return known.back() == '_' ? variable.substr(0, known.size()) == known : variable == known;
  });
}

}  // namespace

std::vector<int> allowed_processors() {
  std::vector<int> allowed;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
      if (CPU_ISSET(static_cast<std::size_t>(processor), &set)) allowed.push_back(processor);
    }
  }
  if (allowed.empty()) {  // more processors than cpu_set_t holds
    const int count = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    for (int processor = 0; processor < count; ++processor) allowed.push_back(processor);
  }
  return allowed;
}

int usable_threads() {
  const int allowed = static_cast<int>(allowed_processors().size());
  std::ifstream file("/proc/self/cgroup");
  const std::string groups(std::istreambuf_iterator<char>(file), {});
  const int quota = quota_threads("/sys/fs/cgroup", groups);
  return quota > 0 ? std::min(allowed, quota) : allowed;
}

bool pin_to_processor(int processor) {
  if (processor < 0 || processor >= CPU_SETSIZE) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(processor), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("model name", 0) != 0 && line.rfind("Model", 0) != 0) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return core::printable(line.substr(colon + 2));
  }
  return "unknown processor";
}

std::vector<std::pair<std::string, std::string>> numeric_environment() {
  std::vector<std::pair<std::string, std::string>> found;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    if (changes_numerics(name)) found.emplace_back(core::printable(name), core::printable(text.substr(equals + 1)));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace envlock::probe
