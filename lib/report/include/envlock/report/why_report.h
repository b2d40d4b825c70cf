#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"
#include "envlock/lock/lock.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// Why a package or a distribution is locked for one platform.
struct PlatformReason {
  std::string platform;
  std::variant<conda::PackageRecord, lock::LockedDistribution> what;
  std::vector<std::string> extras;  ///< of a distribution: those that are asked for
  std::string brings;  ///< the distribution that was asked about, when it is the conda package that brings it
  lock::Reason reason;
  std::optional<core::SourceSpan> where = {};  ///< of the line that the chain begins with, where it is known
};

/// The answer of `envlock why`.
struct WhyReport {
  std::string name;
  std::string file;                       ///< the lock
  std::vector<PlatformReason> platforms;  ///< those that hold it, in the lock's order; one that holds a package and a
                                          ///< distribution of that name twice
  std::vector<std::string> without;       ///< platforms asked about that do not hold it
};

/// The chain as a tree, for stdout; platforms that say the same are told once.
std::string text_why(const WhyReport& why, const Style& style);
/// The document of `envlock why --json`.
std::string json_why(const WhyReport& why, const std::vector<core::Note>& notes);

}  // namespace envlock::report
