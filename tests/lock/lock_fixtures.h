#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/lock/lock.h"
#include "envlock/spec/spec.h"

// A small environment that the tests of this room share: two platforms, two categories, a chain and a constrain.

namespace envlock_test {

using namespace envlock;

inline const char* const kForge = "https://conda.anaconda.org/conda-forge";

inline conda::PackageRecord record(std::string name, std::string version, std::string build,
                                   std::vector<std::string> depends, std::string subdir = "linux-64") {
  conda::PackageRecord result;
  result.file_name = name + "-" + version + "-" + build + ".conda";
  result.name = std::move(name);
  result.version = std::move(version);
  result.build = std::move(build);
  result.channel = kForge;
  result.subdir = std::move(subdir);
  result.sha256 = core::sha256(result.subdir + result.file_name);
  result.md5 = core::md5(result.subdir + result.file_name);
  result.size = 1000 + result.file_name.size();
  result.depends = std::move(depends);
  result.license = "MIT";
  result.timestamp = 1700000000000;
  if (result.subdir == "noarch") result.noarch = "python";
  return result;
}

inline spec::Spec spec_of(const std::string& text) {
  core::Notes notes;
  return spec::parse(text, "environment.yml", notes);
}

inline conda::Platform linux_64() {
  return conda::make_platform("linux-64", "linux-64", {{"__glibc", "2.28", "0"}});
}
inline conda::Platform linux_aarch64() {
  return conda::make_platform("linux-aarch64", "linux-aarch64", {{"__glibc", "2.28", "0"}});
}

inline std::vector<conda::Channel> channels() {
  return {{kForge, "conda-forge", 0}, {"https://conda.anaconda.org/bioconda", "bioconda", 1}};
}

inline const std::string kEnvironment =
    "name: small\n"
    "channels: [conda-forge, bioconda, nodefaults]\n"
    "dependencies:\n"
    "  - python =3.12\n"
    "  - numpy >=1.26,<3\n"
    "variables:\n"
    "  OMP_NUM_THREADS: \"4\"\n";

inline std::vector<conda::PackageRecord> records_for(const std::string& subdir) {
  conda::PackageRecord numpy = record("numpy", "1.26.4", "py312heda63a1_0",
                                      {"libblas >=3.9,<4.0a0", "python >=3.12,<3.13.0a0", "__glibc >=2.17"}, subdir);
  numpy.constrains = {"numpy-base <0a0", "libblas !=3.8"};
  conda::PackageRecord python = record("python", "3.12.7", "hc5c86c4_0_cpython", {"tzdata"}, subdir);
  python.python_site_packages_path = "lib/python3.12/site-packages";
  return {record("libblas", "3.9.0", "26_openblas", {}, subdir),
          numpy,
          record("pip", "24.3.1", "pyh8b19718_2", {"python >=3.9,<3.13.0a0", "setuptools"}, "noarch"),
          python,
          record("setuptools", "75.8.0", "pyhff2d567_0", {"python >=3.9"}, "noarch"),
          record("tzdata", "2025a", "h78e105d_0", {}, "noarch")};
}

inline std::vector<lock::PlatformSolution> solutions() {
  return {{linux_64(), {records_for("linux-64")}}, {linux_aarch64(), {records_for("linux-aarch64")}}};
}

inline lock::Options options() {
  return {.channel_priority = conda::ChannelPriority::strict,
          .exclude_newer = 1767225599999,
          .exclude_newer_strict = false};
}

inline lock::Lock small_lock(const std::string& environment = kEnvironment) {
  return lock::make(spec_of(environment), channels(), options(), solutions(), {"tzdata-2025a-h78e105d_0.conda"});
}

inline lock::FreshnessInput small_input() {
  return {
      .channels = channels(), .options = options(), .platforms = {linux_64(), linux_aarch64()}, .channel_bases = {}};
}

/// What a text says is wrong with itself, as "code: what" lines; "" when nothing is.
inline std::string mistakes_of(const std::string& text) {
  try {
    lock::parse(text, "envlock.lock");
  } catch (const core::Error& error) {
    std::string all;
    for (const core::Diagnostic& each : error.diagnostics()) {
      all += each.code + ": " + each.what;
      if (each.where) all += " @" + std::to_string(each.where->line) + ":" + std::to_string(each.where->column);
      all += "\n";
    }
    return all;
  }
  return {};
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return "the text to replace is not there: " + from;
  return text.replace(at, from.size(), to);
}

}  // namespace envlock_test
