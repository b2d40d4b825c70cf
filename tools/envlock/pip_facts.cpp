#include "pip_facts.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// 12 of "nvidia-cublas-cu12", "jax-cuda12-plugin"; absent for others.
std::optional<int> cuda_of_name(std::string_view name) {
  for (const std::string_view mark : {std::string_view("-cu"), std::string_view("-cuda")}) {
    for (std::size_t at = name.find(mark); at != std::string_view::npos; at = name.find(mark, at + 1)) {
      std::size_t digits = at + mark.size();
      int major = 0;
      while (digits < name.size() && is_digit(name[digits]) && major < 1000) {
        major = major * 10 + (name[digits++] - '0');
      }
      const bool ends = digits == name.size() || name[digits] == '-';
      // "cu121" is 12.1, "cu12" is 12
      if (ends && major >= 8) return major >= 100 ? major / 10 : major;
    }
  }
  return std::nullopt;
}

/// 12 of "2.5.1+cu121".
std::optional<int> cuda_of_version(const std::string& version) {
  const std::size_t plus = version.find("+cu");
  if (plus == std::string::npos) return std::nullopt;
  return cuda_of_name("-cu" + version.substr(plus + 3));
}

}  // namespace

void note_cuda_wheels(const conda::Platform& platform, const resolve::PypiSolution& solution, core::Notes& notes) {
  int newest = 0;
  std::vector<std::string> made_for;  ///< those that carry it themselves
  std::set<std::string> nvidia;
  for (const resolve::PypiPick& pick : solution.picks) {
    if (pick.name.starts_with("nvidia-")) nvidia.insert(pick.name);
    std::optional<int> cuda = cuda_of_version(pick.version);
    if (!cuda) cuda = cuda_of_name(pick.name);
    if (!cuda) continue;
    newest = std::max(newest, *cuda);
    if (!pick.name.starts_with("nvidia-")) made_for.push_back(pick.name + " " + pick.version);
  }
  if (newest == 0) return;
  for (const resolve::PypiPick& pick : solution.picks) {
    const auto needs_nvidia = [&](const std::string& text) {
      const auto need = pypi::Requirement::parse_leniently(text);
      return need && nvidia.contains(need->name);
    };
    const auto& needs = pick.metadata.requires_dist;
    if (!pick.name.starts_with("nvidia-") && std::any_of(needs.begin(), needs.end(), needs_nvidia)) {
      const std::string title = pick.name + " " + pick.version;
      if (std::find(made_for.begin(), made_for.end(), title) == made_for.end()) made_for.push_back(title);
    }
  }
  const std::string who = made_for.empty() ? *nvidia.begin() : core::join(made_for, ", ");
  const auto assumed = std::find_if(platform.virtual_packages.begin(), platform.virtual_packages.end(),
                                    [](const conda::VirtualPackage& package) { return package.name == "__cuda"; });
  if (assumed == platform.virtual_packages.end()) {
    notes.warning(
        {.code = "cuda-wheel-without-cuda",
         .what = "for " + platform.name + ": `" + who + "` is made for CUDA " + std::to_string(newest) +
                 ", and the platform assumes no CUDA",
         .why =
             nvidia.empty()
                 ? std::vector<std::string>{}
                 : std::vector<std::string>{"it brings " + std::to_string(nvidia.size()) +
                                            " nvidia distributions along, which a machine without a GPU does not need"},
         .hints = {"if the machines have GPUs, say so: `--virtual-package " + platform.name +
                       ":__cuda=" + std::to_string(newest) + ".0`",
                   "if they have none, take the wheels of an index for processors, with "
                   "`--extra-index-url` in the `pip:` list, or the conda package"}});
    return;
  }
  int major = 0;
  for (const char c : assumed->version) {
    if (!is_digit(c)) break;
    major = major * 10 + (c - '0');
  }
  if (major >= newest) return;
  notes.warning({.code = "cuda-wheel-too-new",
                 .what = "for " + platform.name + ": `" + who + "` is made for CUDA " + std::to_string(newest) +
                         ", and the platform assumes `__cuda=" + assumed->version + "`",
                 .why = {"a driver runs programs of its own major version of CUDA and of older ones"},
                 .hints = {"ask for a version that is made for CUDA " + std::to_string(major)}});
}

void append_merged(const std::vector<PlatformOutcome>& outcomes, const std::vector<core::Notes>& of_platforms,
                   core::Notes& notes) {
  struct Told {
    core::Note note;  ///< without the platform
    std::vector<std::string> platforms;
  };
  const auto title = [](const std::string& platforms) { return " is chosen for " + platforms + ","; };
  std::vector<Told> all;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    for (core::Note note : of_platforms[i].all()) {
      std::string& what = note.diagnostic.what;
      const std::string name = title(outcomes[i].platform.name);
      const std::size_t at = note.diagnostic.code == "pypi-held-back" ? what.find(name) : std::string::npos;
      if (at != std::string::npos) what.replace(at, name.size(), title(""));
      const auto same = std::find_if(all.begin(), all.end(), [&](const Told& told) { return told.note == note; });
      if (same == all.end()) {
        all.push_back({std::move(note), {outcomes[i].platform.name}});
      } else {
        same->platforms.push_back(outcomes[i].platform.name);
      }
    }
  }
  for (Told& each : all) {
    std::string& what = each.note.diagnostic.what;
    const std::size_t at = what.find(title(""));
    if (at != std::string::npos) what.replace(at, title("").size(), title(core::join(each.platforms, ", ")));
    core::Notes one;
    each.note.severity == core::Severity::warning ? one.warning(each.note.diagnostic) : one.note(each.note.diagnostic);
    notes.append(one);
  }
}

}  // namespace envlock::tools
