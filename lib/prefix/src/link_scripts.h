#pragma once

#include <string>

#include "envlock/conda/package_record.h"

namespace envlock::prefix {

/// Runs a link script of a package with bash or sh: PREFIX, PKG_NAME, PKG_VERSION and PKG_BUILDNUM are set, the
/// prefix's bin comes first in PATH, and what it prints goes to standard error.
/// Throws: core::Error "link-script-failed".
void run_link_script(const std::string& prefix, const std::string& script, const conda::PackageRecord& record);

}  // namespace envlock::prefix
