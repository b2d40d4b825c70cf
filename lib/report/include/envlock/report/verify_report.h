#pragma once

#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/report/report.h"
#include "envlock/verify/verify.h"

namespace envlock::report {

struct ProbeGate;

/// The answer of `envlock verify`, and what a reader must know to read it.
struct VerifyReport {
  const verify::Verification* verification = nullptr;
  std::string prefix;               ///< as the user knows it
  std::string lock;                 ///< the lock's file; "" without
  std::string platform;             ///< of the lock; "" without
  bool allow_weak = false;          ///< --allow-weak
  std::string command;              ///< "envlock verify train.lock -p PREFIX", for hints
  const ProbeGate* gate = nullptr;  ///< of --probe; its findings are among the verification's
};

/// For people: the findings by group, the packages whose proof is weak and why, and a last line with the answer,
/// packages, files, bytes, seconds and rate. Of many findings with one code in one group the first ten are shown.
/// Ends with LF.
std::string text_verify(const VerifyReport& report, const Style& style);
/// The document of `envlock verify --json`: docs/formats/json.md, "envlock-verify".
std::string json_verify(const VerifyReport& report, const std::vector<core::Note>& notes);
/// JUnit XML: one test case for each package and for each group; a fault is a failure, what could not be looked at
/// (a weak proof included, unless allowed) an error.
std::string junit_verify(const VerifyReport& report);
/// SARIF 2.1.0: one rule for each code, one result for each finding, places relative to the prefix. `version`: of this
/// program.
std::string sarif_verify(const VerifyReport& report, const std::string& version);

}  // namespace envlock::report
