#pragma once

#include <optional>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/soak.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// What a soak found wrong, in one diagnostic, "unstable"; absent when it found nothing.
std::optional<core::Diagnostic> soak_finding(const probe::SoakReport& soak);
/// A line for each core or GPU, then the verdict. Ends with LF.
std::string text_soak(const probe::SoakReport& soak, const Style& style);
/// The document "envlock-probe-soak"; docs/formats/json.md.
std::string json_soak(const probe::SoakReport& soak, const std::vector<core::Note>& notes);

/// What can run the probe here, one entry for each device. Ends with LF.
std::string text_probe_devices(const std::vector<probe::Facts>& devices, const Style& style);
/// The document "envlock-probe-devices"; docs/formats/json.md.
std::string json_probe_devices(const std::vector<probe::Facts>& devices, const std::vector<core::Note>& notes);

}  // namespace envlock::report
