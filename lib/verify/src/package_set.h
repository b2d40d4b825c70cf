#pragma once

#include <set>
#include <string>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/prefix/conda_meta.h"
#include "findings.h"

namespace envlock::verify {

/// What is to be done about one package.
enum class Role {
  hold,        ///< its files are held against its record
  missing,     ///< expected, and conda-meta does not name it: its files may be there all the same
  owner_only,  ///< not what is expected: its conda-meta tells which files came with it, and no more
};

struct Subject {
  Role role = Role::hold;
  conda::PackageRecord record;                          ///< the expected one; conda-meta's for `owner_only`
  const prefix::InstalledPackage* installed = nullptr;  ///< null when nothing in conda-meta is known to name it
};

/// Pairs what is expected with what conda-meta claims. Without `expected` every claim is its own expectation.
/// Order: by name.
/// A package whose record is there and could not be read (`unread`: its file name) is held without any claim.
std::vector<Subject> match_packages(const Expected* expected, const prefix::InstalledPackages& installed,
                                    const std::set<std::string>& unread, const Advice& advice,
                                    std::vector<Finding>& findings);

}  // namespace envlock::verify
