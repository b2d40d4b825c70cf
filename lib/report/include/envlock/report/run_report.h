#pragma once

#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/report/report.h"
#include "envlock/snapshot/run_record.h"

namespace envlock::report {

/// A record of a run that made the file asked about.
struct FoundRun {
  std::string file;  ///< of the record
  snapshot::RunRecord record;
};

/// The answer of `envlock why --artifact`.
struct ArtifactReport {
  std::string artifact;
  core::Sha256 sha256;
  std::vector<FoundRun> runs;  ///< newest first
};

std::string text_artifact(const ArtifactReport& report, const Style& style);
/// The document of `envlock why --artifact --json`; docs/formats/json.md.
std::string json_artifact(const ArtifactReport& report, const std::vector<core::Note>& notes);

}  // namespace envlock::report
