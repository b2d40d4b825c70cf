#pragma once

#include <vector>

#include "findings.h"
#include "ownership.h"
#include "tree.h"

namespace envlock::verify {

/// What lies in the prefix and changes what conda, mamba, pip, npm or git do later: one note that names it. The files
/// of the environment are what they are all the same. And conda-meta/history, when conda cannot read it: another note.
/// Links in place of conda-meta's own files are faults.
void report_settings(const Folder& folder, const Tree& tree, const Ownership& ownership,
                     std::vector<Finding>& findings);

}  // namespace envlock::verify
