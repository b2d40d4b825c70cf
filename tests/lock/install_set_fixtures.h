#pragma once

#include <string>
#include <vector>

#include "envlock/lock/install_set.h"
#include "lock_fixtures.h"

// Short forms of install sets, for the tests of their readers.

namespace envlock_test {

using Lines = std::vector<std::string>;

inline const std::string kMd5 = "d7c89558ba9fa0495403155b64376d81";
inline const std::string kSha = "fe51de6107f9edc7aa4f786a70f4a883943bc9d39b3bb7307c04c41410990726";
inline const std::string kUrl = "https://conda.anaconda.org/conda-forge/linux-64/zlib-1.3.1-hb9d3cd8_2.conda";

inline lock::InstallSet read(const std::string& text, const std::string& environment = {}) {
  core::Notes notes;
  return lock::parse_install_set(text, "x.lock", "/project/locks", notes, environment);
}

/// "name version build subdir categories" of each package, then "wheel name version categories".
inline Lines summary(const lock::InstallPlatform& platform) {
  Lines lines;
  for (const lock::InstallPackage& each : platform.packages) {
    const conda::PackageRecord& record = each.record;
    std::string line = record.name + " " + record.version + " " + record.build + " " + record.subdir;
    for (const std::string& category : each.categories) line += " " + category;
    lines.push_back(line);
  }
  for (const lock::LockedWheel& wheel : platform.wheels) {
    std::string line = "wheel " + wheel.name + " " + wheel.version;
    for (const std::string& category : wheel.categories) line += " " + category;
    lines.push_back(line);
  }
  return lines;
}

/// "code @line" of each.
inline Lines obstacles(const lock::InstallPlatform& platform) {
  Lines lines;
  for (const core::Diagnostic& each : platform.obstacles) {
    lines.push_back(each.code + " @" + std::to_string(each.where ? each.where->line : 0));
  }
  return lines;
}

inline Lines codes(const core::Notes& notes) {
  Lines lines;
  for (const core::Note& note : notes.all()) lines.push_back(note.diagnostic.code);
  return lines;
}

/// "code: what @line:column" of each mistake, a line each.
inline std::string mistake(const std::string& text, const std::string& environment = {}) {
  try {
    read(text, environment);
  } catch (const core::Error& error) {
    std::string all;
    for (const core::Diagnostic& each : error.diagnostics()) {
      all += each.code + ": " + each.what;
      if (each.where) all += " @" + std::to_string(each.where->line) + ":" + std::to_string(each.where->column);
      all += "\n";
    }
    return all;
  }
  return "no error";
}

}  // namespace envlock_test
