#pragma once

#include <string>
#include <utility>
#include <vector>

#include "envlock/lock/lock.h"

namespace envlock_test {

inline envlock::conda::PackageRecord sample_record(std::string name, std::string version, std::string build,
                                                   std::string subdir = "linux-64") {
  envlock::conda::PackageRecord record;
  record.file_name = name + "-" + version + "-" + build + ".conda";
  record.name = std::move(name);
  record.version = std::move(version);
  record.build = std::move(build);
  record.channel = "https://conda.anaconda.org/conda-forge";
  record.subdir = std::move(subdir);
  record.size = 1'500'000;
  record.sha256 = envlock::core::Sha256{};
  return record;
}

/// Adds a platform that holds these records.
inline void add_platform(envlock::lock::Lock& lock, const std::string& name, const std::string& subdir,
                         const std::vector<envlock::conda::PackageRecord>& records) {
  envlock::lock::LockedPlatform platform;
  platform.platform = {name, subdir, {{"__glibc", "2.17", "0"}}};
  for (const envlock::conda::PackageRecord& record : records) {
    std::size_t index = 0;
    while (index < lock.packages.size() && lock.packages[index].record != record) ++index;
    if (index == lock.packages.size()) lock.packages.push_back({record, false});
    platform.packages.push_back({index, {"main"}});
  }
  lock.platforms.push_back(std::move(platform));
}

/// Two platforms; six stays, numpy's version and tzdata's build change, old goes, new comes.
inline envlock::lock::Lock sample_before() {
  envlock::lock::Lock lock;
  for (const char* subdir : {"linux-64", "linux-aarch64"}) {
    add_platform(lock, subdir, subdir,
                 {sample_record("numpy", "1.26.3", std::string("py312h") + (subdir[6] == '6' ? "1" : "2"), subdir),
                  sample_record("old", "0.5", "h1_0", subdir), sample_record("six", "1.16.0", "pyh6c4a22f_0", "noarch"),
                  sample_record("tzdata", "2024b", "hc8b5060_0", "noarch")});
  }
  return lock;
}

inline envlock::lock::Lock sample_after() {
  envlock::lock::Lock lock;
  for (const char* subdir : {"linux-64", "linux-aarch64"}) {
    add_platform(lock, subdir, subdir,
                 {sample_record("new", "1.0", "h2_0", subdir),
                  sample_record("numpy", "1.26.4", std::string("py312h") + (subdir[6] == '6' ? "3" : "4"), subdir),
                  sample_record("six", "1.16.0", "pyh6c4a22f_0", "noarch"),
                  sample_record("tzdata", "2024b", "hc8b5060_1", "noarch")});
  }
  return lock;
}

}  // namespace envlock_test
