#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "envlock/prefix/conda_meta.h"
#include "envlock/prefix/wheel.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::snapshot {

/// The numerical libraries of an environment, sorted by (role, path): what lib/, targets/*/lib and the folders of
/// wheels hold under a name that library_file knows. Links are followed within the prefix. Files are read for a version
/// only where neither their name nor their package tells it. Nothing is executed or loaded.
std::vector<FoundLibrary> find_libraries(const std::filesystem::path& prefix, const std::string& site_packages,
                                         const std::vector<prefix::InstalledPackage>& packages,
                                         const std::vector<prefix::Distribution>& distributions);

}  // namespace envlock::snapshot
