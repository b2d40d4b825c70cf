#pragma once

#include <filesystem>
#include <vector>

#include "findings.h"
#include "layout.h"
#include "ownership.h"
#include "tree.h"

namespace envlock::verify {

/// What everybody may write to, beyond the files whose modes archives tell: folders, in which anybody may then put or
/// replace things, and files that nothing but the installer or python wrote. A fault, as whoever may do so may change
/// the environment at any time. Where only a record speaks of a file, or a folder has the sticky bit, it is a note.
/// Also files that run with other rights than those of whoever runs them: set-user-id where no layout has been looked
/// at (`checked`: those that have), and capabilities anywhere, which no package has.
void report_loose_modes(const std::filesystem::path& prefix, const Tree& tree,
                        const std::vector<const PackageLayout*>& checked, const Ownership& ownership,
                        std::vector<Finding>& findings);

}  // namespace envlock::verify
