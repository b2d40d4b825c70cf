#pragma once

#include <filesystem>
#include <vector>

#include "envlock/prefix/conda_meta.h"
#include "envlock/probe/baseline.h"

namespace envlock::tools {

/// The mapped files that lie in the prefix, each with the digest of its bytes before the prefix was written into it,
/// and the package whose file it is.
std::vector<probe::BoundFile> bind_files(const std::vector<probe::MappedFile>& mapped,
                                         const std::filesystem::path& prefix,
                                         const std::vector<prefix::InstalledPackage>& packages);

}  // namespace envlock::tools
