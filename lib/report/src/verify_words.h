#pragma once

#include <string>
#include <vector>

#include "envlock/report/verify_report.h"

namespace envlock::report {

/// Names that stand in documents: "fault", "strangers", "archive", "conda", "yes".
std::string name_of(verify::Weight weight);
std::string name_of(verify::Group group);
std::string name_of(verify::Proof proof);
std::string name_of(verify::PackageKind kind);
std::string name_of(verify::Answer answer);

/// All groups, in the order in which they are shown.
const std::vector<verify::Group>& all_groups();

/// "numpy 1.26.4 py312heda63a1_0".
std::string title_of(const verify::PackageVerdict& package);
bool is_weak(const verify::PackageVerdict& package);
/// The packages whose proof is weak, in order.
std::vector<const verify::PackageVerdict*> weak_packages(const verify::Verification& verification);
/// What the documents say of them, as a finding; absent names an empty diagnostic's code: there are none, or no lock
/// was given, so that a weak proof is all there can be.
core::Diagnostic weak_proof(const VerifyReport& report);
/// Does a weak proof leave the answer open?
bool weak_counts(const VerifyReport& report);

}  // namespace envlock::report
