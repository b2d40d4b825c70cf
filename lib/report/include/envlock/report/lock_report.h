#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/lock/lock.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// How the picks of `--like` fared on one platform.
struct LikeSummary {
  std::string platform;
  std::size_t wanted = 0;
  std::size_t kept = 0;
  std::vector<std::string> missing;   ///< picks that no channel holds: "numpy 1.26.3 py312_0"
  std::vector<std::string> replaced;  ///< "numpy 1.26.3 py312_0 -> 1.26.4 py312_1"
};

/// What a run of `envlock lock` did. The lock it made, against the one that was there.
struct LockSummary {
  const lock::Lock* lock = nullptr;
  const lock::Lock* previous = nullptr;  ///< null: there was none
  std::string file;
  bool unchanged = false;  ///< the same bytes: nothing was written
  std::vector<LikeSummary> like;
};

/// For people, on stderr: packages per platform; what was added, removed and changed (name, old -> new version and
/// build), grouped where platforms agree; the fate of --like. Ends with LF.
std::string text_lock(const LockSummary& summary, const Style& style);
/// The document of `envlock lock --json`; docs/formats/json.md.
std::string json_lock(const LockSummary& summary, const std::vector<core::Note>& notes);

/// The closing line of `lock --check`: "envlock.lock is fresh" or how many findings make it stale, and what to run.
std::string text_lock_check(const std::string& file, std::size_t findings, const Style& style);
/// The document of `envlock lock --check --json`.
std::string json_lock_check(const std::string& file, bool fresh, const std::vector<core::Diagnostic>& findings,
                            const std::vector<core::Note>& notes);

}  // namespace envlock::report
