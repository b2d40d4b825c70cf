#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lock_fixtures.h"

// The small environment with a `pip:` list: torch from PyPI, which needs numpy of the conda part; an extra; a line of
// category dev; a wheel by platform and one for all.

namespace envlock_test {

inline lock::LockedDistribution distribution(std::string name, std::string version, std::string tags,
                                             std::vector<std::string> requires_dist = {}) {
  lock::LockedDistribution result;
  std::string in_file = name;
  std::replace(in_file.begin(), in_file.end(), '-', '_');
  result.file = in_file + "-" + version + "-" + tags + ".whl";
  result.name = std::move(name);
  result.version = std::move(version);
  result.index = "https://pypi.org/simple";
  const std::string hash = core::format(core::sha256(result.file));
  result.url = "https://files.pythonhosted.org/packages/" + hash.substr(0, 2) + "/" + hash.substr(2, 2) + "/" +
               hash.substr(4) + "/" + result.file;
  result.sha256 = core::sha256(result.file);
  result.size = 2000 + result.file.size();
  result.upload_time = 1730000000123;
  result.requires_python = ">=3.9";
  result.requires_dist = std::move(requires_dist);
  result.license = "MIT";
  return result;
}

inline lock::LockedDistribution torch(const std::string& machine) {
  lock::LockedDistribution result = distribution(
      "torch", "2.5.1", "cp312-cp312-manylinux_2_17_" + machine,
      {"filelock", "numpy (>=1.26) ; extra == 'opt'", "pytest ; extra == \"test\"", "colorama ; os_name == 'nt'"});
  result.provides_extra = {"opt", "test"};
  return result;
}

inline std::vector<lock::PickedDistribution> picked_on(const std::string& machine) {
  return {{torch(machine), {}},
          {distribution("filelock", "3.16.1", "py3-none-any"), {}},
          {distribution("wandb", "0.18.5", "py3-none-any", {"filelock>=3", "setuptools"}), {}}};
}

inline std::vector<lock::PlatformSolution> pip_solutions() {
  std::vector<lock::PlatformSolution> all = solutions();
  all[0].distributions = picked_on("x86_64");
  all[1].distributions = picked_on("aarch64");
  return all;
}

inline lock::PipLine pip_line(std::string text, std::string category = "main") {
  return {.kind = lock::PipLine::Kind::named,
          .text = std::move(text),
          .hashes = {},
          .category = std::move(category),
          .selector = {},
          .constraint = false};
}

inline lock::PipInput pip_input() {
  return {.options = {.indexes = {"https://pypi.org/simple"},
                      .find_links = {},
                      .pre = false,
                      .allow_build = false,
                      .no_binary = {},
                      .only_binary = {},
                      .mapping = {}},
          .lines = {pip_line("wandb", "dev"), pip_line("torch[opt]>=2"), pip_line("torch<3")},
          .places = {{"environment.yml", 9, 7, 5, "    - wandb"}, {}, {}}};
}

inline const std::string kPipEnvironment =
    replaced(kEnvironment, "variables:", "  - pip: [wandb, 'torch[opt]>=2']\nvariables:");

inline lock::Lock pip_lock(const lock::PipInput& input = pip_input(),
                           const std::vector<lock::PlatformSolution>& all = pip_solutions()) {
  return lock::make(spec_of(kPipEnvironment), channels(), options(), all, {"tzdata-2025a-h78e105d_0.conda"}, input);
}

inline lock::FreshnessInput pip_freshness(const lock::PipInput& input = pip_input()) {
  lock::FreshnessInput result = small_input();
  result.pip = input;
  return result;
}

/// The entry of a distribution on a platform of a lock; fails when it is not there.
inline const lock::PlatformDistribution& use_of(const lock::Lock& lock, const std::string& platform,
                                                const std::string& name) {
  for (const lock::LockedPlatform& each : lock.platforms) {
    if (each.platform.name != platform) continue;
    for (const lock::PlatformDistribution& use : each.distributions) {
      if (lock.distributions[use.distribution].name == name) return use;
    }
  }
  throw std::out_of_range(name + " is not locked on " + platform);
}

}  // namespace envlock_test
