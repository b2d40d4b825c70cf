#include "envlock/report/snapshot_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/report/units.h"
#include "paint.h"

namespace envlock::report {
namespace {

/// Facts under names, the names in one column, facts wrapped at spaces.
class Facts {
 public:
  explicit Facts(const Style& style) : style_(style) {}

  /// A fact without words is left out.
  void add(const std::string& name, const std::string& fact) {
    if (!fact.empty()) rows_.emplace_back(name, fact);
  }

  std::string draw() const {
    std::size_t column = 0;
    for (const auto& [name, fact] : rows_) column = std::max(column, name.size());
    std::string text;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto& [name, fact] = rows_[i];
      text += paint(name, i == 0 ? Color::bold : Color::dim, style_) + std::string(column - name.size() + 2, ' ');
      text += wrapped(fact, column + 2) + "\n";
    }
    return text;
  }

 private:
  std::string wrapped(const std::string& fact, std::size_t indent) const {
    const auto room = static_cast<std::size_t>(std::max(style_.width, 40)) - std::min<std::size_t>(indent, 20);
    std::string text;
    std::size_t used = 0;
    for (const std::string_view word : core::split(fact, ' ')) {
      const auto width = static_cast<std::size_t>(core::count_code_points(word));
      if (used > 0 && used + 1 + width > room) {
        text += "\n" + std::string(indent, ' ');
        used = 0;
      }
      if (used > 0) text += ' ';
      text += word;
      used += width + (used > 0 ? 1 : 0);
    }
    return text;
  }

  const Style& style_;
  std::vector<std::pair<std::string, std::string>> rows_;
};

/// Adds words to a list with a comma, unless there are none.
void append(std::string& list, const std::string& words) {
  if (!words.empty()) list += (list.empty() ? "" : ", ") + words;
}

/// Caches are counted in powers of 1024: "48 KiB".
std::string cache_size(std::uint64_t bytes) {
  const bool is_mega = bytes >= (1 << 20) && bytes % (1 << 20) == 0;
  return std::to_string(is_mega ? bytes >> 20 : bytes >> 10) + (is_mega ? " MiB" : " KiB");
}

std::string library_text(const snapshot::FoundLibrary& library) {
  std::string text = shown(library.name);
  if (!library.version.empty()) text += " " + shown(library.version);
  return text + "  " + shown(library.path);
}

std::string draw_environment(const snapshot::Environment& environment, const Style& style) {
  const auto is_conda = [](const snapshot::SnapshotPackage& package) {
    return package.kind == snapshot::SnapshotPackage::Kind::conda;
  };
  const auto conda =
      static_cast<std::size_t>(std::count_if(environment.packages.begin(), environment.packages.end(), is_conda));
  const std::size_t others = environment.packages.size() - conda;
  Facts facts(style);
  std::string packages = shown(environment.subdir) + ", " + count_of(conda, "package");
  if (others > 0) packages += " and " + count_of(others, "distribution") + " of pip's kind";
  facts.add("environment", packages);
  if (environment.root) facts.add("root", core::format(*environment.root));
  if (environment.lock) facts.add("lock", core::format(*environment.lock));
  for (const snapshot::FoundLibrary& library : environment.libraries) {
    facts.add(shown(library.role), library_text(library));
  }
  std::string variables;
  for (const auto& [name, value] : environment.variables) append(variables, shown(name) + "=" + shown(value));
  facts.add("variables", variables);
  return facts.draw();
}

std::string processor_text(const snapshot::Machine& machine) {
  std::string text = shown(machine.cpu);
  append(text, shown(machine.microarchitecture.empty() ? machine.architecture : machine.microarchitecture));
  append(text, count_of(static_cast<std::size_t>(std::max(machine.processors, 0)), "processor"));
  if (machine.cpu_quota) append(text, fmt::format("a quota of {:.2f}", *machine.cpu_quota));
  return text;
}

std::string memory_text(const snapshot::Machine& machine) {
  std::string text = machine.memory_bytes > 0 ? format_bytes(machine.memory_bytes) : "";
  if (machine.memory_limit_bytes) append(text, "a limit of " + format_bytes(*machine.memory_limit_bytes));
  return text;
}

std::string caches_text(const snapshot::Machine& machine) {
  std::string text;
  for (const auto& [name, bytes] : machine.caches) append(text, shown(name) + " " + cache_size(bytes));
  return text;
}

std::string system_text(const snapshot::Machine& machine) {
  std::string text = shown(machine.distribution);
  if (!machine.kernel.empty()) append(text, "kernel " + shown(machine.kernel));
  if (!machine.glibc.empty()) append(text, "glibc " + shown(machine.glibc));
  return text;
}

std::string driver_text(const snapshot::Machine& machine) {
  std::string text;
  if (!machine.nvidia_driver.empty()) append(text, "driver " + shown(machine.nvidia_driver));
  if (!machine.cuda_of_driver.empty()) append(text, "CUDA " + shown(machine.cuda_of_driver) + " by the driver");
  if (!machine.cuda_toolkit.empty()) append(text, "toolkit " + shown(machine.cuda_toolkit));
  return text;
}

std::string gpu_text(const snapshot::Gpu& gpu) {
  std::string text = shown(gpu.name);
  if (!gpu.compute_capability.empty()) append(text, "sm " + shown(gpu.compute_capability));
  if (gpu.multiprocessors) {
    append(text, count_of(static_cast<std::size_t>(std::max(*gpu.multiprocessors, 0)), "multiprocessor"));
  }
  if (gpu.memory_bytes) append(text, format_bytes(*gpu.memory_bytes));
  if (gpu.ecc) append(text, *gpu.ecc ? "ECC" : "no ECC");
  if (gpu.mig == "on") append(text, "MIG");
  append(text, shown(gpu.uuid));
  return text.empty() ? "says nothing of itself" : text;
}

std::string draw_machine(const snapshot::Machine& machine, const Style& style) {
  Facts facts(style);
  facts.add("machine", processor_text(machine));
  std::string isa;
  for (const std::string& name : machine.isa) isa += (isa.empty() ? "" : " ") + shown(name);
  facts.add("isa", isa);
  facts.add("caches", caches_text(machine));
  facts.add("memory", memory_text(machine));
  facts.add("system", system_text(machine));
  facts.add("nvidia", driver_text(machine));
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    facts.add("gpu " + std::to_string(i), gpu_text(machine.gpus[i]));
  }
  std::string variables;
  for (const auto& [name, value] : machine.environment) append(variables, shown(name) + "=" + shown(value));
  facts.add("variables", variables);
  return facts.draw();
}

/// "lib/libopenblas.so.0, kernel Haswell: consistent, c07c7d3be4ad".
std::string tier_text(const probe::TierRun& run) {
  constexpr std::size_t kShownDigits = 12;
  std::string text = run.tier == "blas" ? "blas of " + shown(run.subject) : shown(run.tier + ", " + run.subject);
  for (const char* name : {"library", "kernel"}) {
    if (const std::string value = probe::detail(run.details, name); !value.empty()) append(text, shown(value));
  }
  return text + ": " + std::string(probe::format(probe::judge(run))) +
         (run.sections.empty() ? "" : ", " + core::format(run.root).substr(0, kShownDigits));
}

std::string draw_computed(const probe::Computed& computed, const Style& style) {
  Facts facts(style);
  facts.add("reference", std::string(probe::format(computed.reference.verdict)));
  for (const probe::TierRun& run : computed.tiers) facts.add("computes", tier_text(run));
  return "\n" + facts.draw();
}

}  // namespace

std::string text_snapshot(const snapshot::Snapshot& snapshot, const Style& style) {
  std::string text;
  if (snapshot.environment) text += draw_environment(*snapshot.environment, style);
  if (snapshot.environment && snapshot.machine) text += "\n";
  if (snapshot.machine) text += draw_machine(*snapshot.machine, style);
  if (snapshot.computed) text += draw_computed(*snapshot.computed, style);
  return text;
}

}  // namespace envlock::report
