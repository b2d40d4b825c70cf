#pragma once

#include <optional>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/compare.h"
#include "envlock/probe/run_document.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// What is wrong with a run, in one diagnostic: "fp-environment", "miscomputed" or "unstable"; absent when every digest
/// is as specified.
std::optional<core::Diagnostic> probe_finding(const probe::RunDocument& document);
/// Where two runs part: "trajectories-differ"; absent when nothing differs in what both hold. `names` and `documents`
/// are the two that were compared, in that order.
std::optional<core::Diagnostic> probe_finding(const std::vector<std::string>& names,
                                              const std::vector<probe::RunDocument>& documents,
                                              const probe::RunComparison& comparison);

/// One run for people: a line for each check, the loss curve, the roots, the verdict as a sentence, and the finding
/// drawn as an error when there is one. Ends with LF.
std::string text_probe_run(const probe::RunDocument& document, const Style& style);
/// Two runs: how far they agree, step by step, the finding drawn as an error, facts that differ. Ends with LF.
std::string text_probe_comparison(const std::vector<std::string>& names,
                                  const std::vector<probe::RunDocument>& documents,
                                  const probe::RunComparison& comparison, const Style& style);
/// Three or more runs: the groups of equal roots, the odd one out, where each group leaves the first. Ends with LF.
std::string text_probe_groups(const std::vector<std::string>& names, const std::vector<probe::RunDocument>& documents,
                              const probe::RunGroups& groups, const Style& style);

/// The document "envlock-probe-diff" of two runs; docs/formats/json.md.
std::string json_probe_comparison(const std::vector<std::string>& names,
                                  const std::vector<probe::RunDocument>& documents,
                                  const probe::RunComparison& comparison, const std::vector<core::Note>& notes);
/// The same of three or more.
std::string json_probe_groups(const std::vector<std::string>& names, const std::vector<probe::RunDocument>& documents,
                              const probe::RunGroups& groups, const std::vector<core::Note>& notes);

/// One self-contained HTML page of one or more runs: loss curves, their distance from the first run's in ulp, a map of
/// which op of which step agrees, facts, verdicts. It loads nothing and runs no script.
std::string html_probe(const std::vector<std::string>& names, const std::vector<probe::RunDocument>& documents);

}  // namespace envlock::report
