#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "envlock/core/text.h"
#include "facts.h"

namespace envlock::diff {
namespace {

constexpr double kBytesPerGib = 1024.0 * 1024.0 * 1024.0;

std::string kib(std::uint64_t bytes) {
  return bytes % (1024 * 1024) == 0 ? fmt::format("{} MiB", bytes / (1024 * 1024))
                                    : fmt::format("{} KiB", bytes / 1024);
}
std::string gib(std::uint64_t bytes) {
  return fmt::format("{:.0f} GiB", static_cast<double>(bytes) / kBytesPerGib);
}

/// The kernel keeps some of the memory for itself, never twice the same: only more than a thirtieth counts.
bool is_other_memory(std::uint64_t left, std::uint64_t right) {
  const auto [less, more] = std::minmax(left, right);
  return more - less > more / 30;
}

/// Rows of one comparison, as they come.
class Rows {
 public:
  Rows(const snapshot::Machine& from, const snapshot::Machine& to) : from_(from), to_(to) {}

  void add(const std::string& group, const std::string& what, const std::string& left, const std::string& right,
           const std::string& remark = "") {
    if (left != right) rows_.push_back({group, what, left, right, remark, ""});
  }
  void add(const std::string& group, const std::string& what, std::string snapshot::Machine::*member,
           const std::string& remark = "") {
    add(group, what, from_.*member, to_.*member, remark);
  }
  std::vector<FactChange> finish() { return std::move(rows_); }

 private:
  const snapshot::Machine& from_;
  const snapshot::Machine& to_;
  std::vector<FactChange> rows_;
};

std::string missing_in(const std::vector<std::string>& all, const std::vector<std::string>& other) {
  std::vector<std::string> missing;
  const std::set<std::string> known(other.begin(), other.end());
  for (const std::string& each : all) {
    if (!known.contains(each)) missing.push_back(each);
  }
  return core::join(missing, " ");
}

void compare_processors(const snapshot::Machine& from, const snapshot::Machine& to, Rows& rows) {
  rows.add("cpu", "model", &snapshot::Machine::cpu);
  rows.add("cpu", "architecture", &snapshot::Machine::architecture);
  rows.add("cpu", "microarchitecture", &snapshot::Machine::microarchitecture);
  rows.add("cpu", "instructions", missing_in(from.isa, to.isa), missing_in(to.isa, from.isa),
           "only on that side; numerical libraries choose their code by them, and may round otherwise");
  std::map<std::string, std::pair<std::string, std::string>> caches;
  for (const auto& [name, bytes] : from.caches) caches[name].first = kib(bytes);
  for (const auto& [name, bytes] : to.caches) caches[name].second = kib(bytes);
  for (const auto& [name, sizes] : caches) {
    rows.add("cpu", name + " cache", sizes.first, sizes.second, "libraries cut their work by it");
  }
  const std::string remark = "as many threads share a sum, unless OMP_NUM_THREADS says otherwise";
  rows.add("cpu", "processors", std::to_string(from.processors), std::to_string(to.processors), remark);
  const auto quota = [](const snapshot::Machine& machine) {
    return machine.cpu_quota ? fmt::format("{:g}", *machine.cpu_quota) : std::string();
  };
  rows.add("cpu", "quota", quota(from), quota(to), "processors, of the control group");
  if (is_other_memory(from.memory_bytes, to.memory_bytes)) {
    rows.add("memory", "memory", gib(from.memory_bytes), gib(to.memory_bytes));
  }
  const auto limit = [](const snapshot::Machine& machine) {
    return machine.memory_limit_bytes ? gib(*machine.memory_limit_bytes) : std::string();
  };
  rows.add("memory", "limit", limit(from), limit(to), "of the control group");
}

std::string kind_of(const snapshot::Gpu& gpu) {
  std::vector<std::string> facts;
  if (!gpu.compute_capability.empty()) facts.push_back("capability " + gpu.compute_capability);
  if (gpu.multiprocessors) facts.push_back(std::to_string(*gpu.multiprocessors) + " SMs");
  if (gpu.memory_bytes) facts.push_back(gib(*gpu.memory_bytes));
  if (gpu.ecc) facts.emplace_back(*gpu.ecc ? "ECC" : "no ECC");
  if (gpu.mig == "on") facts.emplace_back("MIG");
  return gpu.name + (facts.empty() ? "" : " (" + core::join(facts, ", ") + ")");
}

std::string kinds_of(const std::vector<snapshot::Gpu>& gpus) {
  std::map<std::string, int> counts;
  for (const snapshot::Gpu& gpu : gpus) ++counts[kind_of(gpu)];
  std::vector<std::string> kinds;
  for (const auto& [kind, count] : counts) {
    kinds.push_back(count == 1 ? kind : std::to_string(count) + " × " + kind);
  }
  return core::join(kinds, ", ");
}

std::string virtual_version(const snapshot::Machine& machine, std::string_view name) {
  for (const conda::VirtualPackage& package : machine.virtual_packages) {
    if (package.name == name) return package.version;
  }
  return "";
}

/// What three tools say of one machine: conda, pixi and envlock ask the driver; mamba reads the toolkit first.
std::string remark_of_cuda(const snapshot::Machine& from, const snapshot::Machine& to) {
  std::string remark = "by the driver";
  for (const auto& [machine, side] : {std::pair{&from, "of the first"}, std::pair{&to, "of the second"}}) {
    const std::string version = virtual_version(*machine, "__cuda");
    if (!machine->cuda_toolkit.empty() && machine->cuda_toolkit != version) {
      remark += fmt::format("; {} mamba would say {}, by /usr/local/cuda", side, machine->cuda_toolkit);
    }
    if (!version.empty() && !machine->cuda_of_driver.empty() && version != machine->cuda_of_driver) {
      remark += fmt::format("; {} it is CONDA_OVERRIDE_CUDA's, the driver says {}", side, machine->cuda_of_driver);
    }
  }
  return remark;
}

void compare_gpus(const snapshot::Machine& from, const snapshot::Machine& to, Rows& rows) {
  rows.add("driver", "NVIDIA driver", &snapshot::Machine::nvidia_driver);
  rows.add("cuda", "__cuda", virtual_version(from, "__cuda"), virtual_version(to, "__cuda"), remark_of_cuda(from, to));
  rows.add("cuda", "__cuda_arch", virtual_version(from, "__cuda_arch"), virtual_version(to, "__cuda_arch"),
           "the lowest compute capability");
  rows.add("cuda", "toolkit", &snapshot::Machine::cuda_toolkit, "of /usr/local/cuda; mamba takes it for `__cuda`");
  rows.add("gpu", "GPUs", kinds_of(from.gpus), kinds_of(to.gpus));
}

/// Virtual packages that no other row has told of.
void compare_other_virtual_packages(const snapshot::Machine& from, const snapshot::Machine& to, Rows& rows) {
  std::map<std::string, std::pair<std::string, std::string>> both;
  for (const conda::VirtualPackage& package : from.virtual_packages) both[package.name].first = conda::format(package);
  for (const conda::VirtualPackage& package : to.virtual_packages) both[package.name].second = conda::format(package);
  const std::map<std::string, bool> told = {
      {"__cuda", true},
      {"__cuda_arch", true},
      {"__linux", from.kernel != to.kernel},
      {"__glibc", from.glibc != to.glibc},
      {"__archspec", from.microarchitecture != to.microarchitecture},
  };
  for (const auto& [name, sides] : both) {
    const auto found = told.find(name);
    if (found == told.end() || !found->second) rows.add("virtual packages", name, sides.first, sides.second);
  }
}

void compare_environment(const snapshot::Machine& from, const snapshot::Machine& to, Rows& rows) {
  std::map<std::string, std::pair<std::string, std::string>> both;
  const auto shown = [](const std::string& value) { return value.empty() ? std::string("''") : value; };
  for (const auto& [name, value] : from.environment) both[name].first = shown(value);
  for (const auto& [name, value] : to.environment) both[name].second = shown(value);
  for (const auto& [name, sides] : both) rows.add("environment", name, sides.first, sides.second);
}

}  // namespace

std::vector<FactChange> compare_machines(const snapshot::Machine& from, const snapshot::Machine& to) {
  Rows rows(from, to);
  compare_processors(from, to, rows);
  rows.add("system", "kernel", &snapshot::Machine::kernel);
  rows.add("system", "distribution", &snapshot::Machine::distribution);
  rows.add("system", "glibc", &snapshot::Machine::glibc, "its libm rounds exp, pow and the like");
  compare_gpus(from, to, rows);
  compare_other_virtual_packages(from, to, rows);
  compare_environment(from, to, rows);
  return rows.finish();
}

}  // namespace envlock::diff
