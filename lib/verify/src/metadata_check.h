#pragma once

#include <vector>

#include "file_findings.h"
#include "findings.h"
#include "hash_store.h"

namespace envlock::verify {

/// What conda-meta says of each package that an archive proves, held against the proof: one note for each package whose
/// record tells another story. Other tools believe these records.
void check_metadata(const std::vector<CheckedPackage>& packages, const Tree& tree, const HashStore& hashes,
                    std::vector<Finding>& findings);

}  // namespace envlock::verify
