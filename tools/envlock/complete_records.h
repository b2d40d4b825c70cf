#pragma once

#include "envlock/lock/install_set.h"
#include "envlock/prefix/transaction.h"
#include "install_packages.h"

namespace envlock::tools {

/// Takes from the packages themselves, and for those that stay from conda-meta, what the lock's format does not tell of
/// them, so that conda-meta says as much as if conda had installed them: SHA-256, license and time; for @EXPLICIT files
/// and conda-lock.yml also build number and dependencies. What the lock says stays, but for conda-lock.yml's
/// dependencies, which lack virtual packages.
void complete_records(lock::LockFormat format, const Obtained& obtained, const prefix::InstalledPackages& installed,
                      prefix::Target& target, prefix::Difference& difference);

}  // namespace envlock::tools
