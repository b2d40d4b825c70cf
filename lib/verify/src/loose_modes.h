#pragma once

#include <vector>

#include "archive_layout.h"
#include "file_findings.h"
#include "findings.h"
#include "ownership.h"

namespace envlock::verify {

/// What everybody may write to, beyond the files whose modes archives tell: folders, in which anybody may then put or
/// replace things, and files that nothing but the installer or python wrote. A fault, as whoever may do so may change
/// the environment at any time. Where only a record speaks of a file, or a folder has the sticky bit, it is a note.
void report_loose_modes(const PrefixView& view, const std::vector<CheckedPackage>& packages, const Ownership& ownership,
                        std::vector<Finding>& findings);

}  // namespace envlock::verify
