#pragma once

#include <string>
#include <vector>

#include "envlock/report/tier_report.h"

namespace envlock::report {

/// "the BLAS of `numpy`", "torch (`as-found`)", "`numpy`".
std::string subject_words(const std::string& tier, const std::string& subject);

/// "lib/libopenblas.so.0 (gone)".
std::string changed_file_words(const probe::ChangedFile& file);

/// What is to be said of the baseline itself: what it lacks, what of it cannot be believed, that it is of another lock.
void add_baseline_findings(const ProbeGate& gate, std::vector<GateFinding>& findings);

}  // namespace envlock::report
