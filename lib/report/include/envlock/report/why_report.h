#pragma once

#include <string>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"
#include "envlock/lock/lock.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// Why a package is locked for one platform.
struct PlatformReason {
  std::string platform;
  conda::PackageRecord record;
  lock::Reason reason;
};

/// The answer of `envlock why`.
struct WhyReport {
  std::string name;
  std::string file;                       ///< the lock
  std::vector<PlatformReason> platforms;  ///< those that hold it, in the lock's order
  std::vector<std::string> without;       ///< platforms asked about that do not hold it
};

/// The chain as a tree, for stdout; platforms that say the same are told once.
std::string text_why(const WhyReport& why, const Style& style);
/// The document of `envlock why --json`.
std::string json_why(const WhyReport& why, const std::vector<core::Note>& notes);

}  // namespace envlock::report
