#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "envlock/prefix/wheel.h"
#include "file_findings.h"
#include "findings.h"
#include "hash_store.h"
#include "ownership.h"

namespace envlock::verify {

/// A distribution that no conda package brought, and what is known of its files.
struct ForeignDistribution {
  prefix::Distribution distribution;
  const lock::LockedWheel* wheel = nullptr;        ///< the lock's, when it names this distribution
  bool is_expected = false;                        ///< the lock names it
  const UnhashedDistribution* unhashed = nullptr;  ///< the lock names it by its place
  PackageLayout layout;                            ///< of the wheel when it is at hand, else of RECORD
  bool may_be_condas = false;                      ///< a record of conda-meta that could not be read may own it
  std::string replaces;                            ///< the conda package whose files it put its own over; "" for none
};

/// The distributions of site-packages that are not a conda package's own. `packages` are laid out already. Also says
/// what of `expected` is not there. Order: by name.
std::vector<ForeignDistribution> find_foreign(const std::vector<prefix::Distribution>& all,
                                              const std::vector<CheckedPackage>& packages, const PrefixView& view,
                                              const Ownership& ownership, const Expected* expected,
                                              std::vector<Finding>& findings);

/// The layout that the wheel gives, or else RECORD. Reads the wheel, and is meant to run on many threads.
PackageLayout lay_out(const ForeignDistribution& foreign, const PrefixView& view, const VerifyOptions& options);

/// Holds the files against their layouts: one finding for each distribution that should not be there, each editable
/// one, each that replaced a conda package's files (whose complaints about those files it takes over), and each file
/// that is not as its RECORD or wheel says. Marks all files as owned.
void check_distributions(std::vector<ForeignDistribution>& foreign, std::vector<CheckedPackage>& packages,
                         const PrefixView& view, const HashStore& hashes, bool against_lock, const Advice& advice,
                         Ownership& ownership, std::vector<Finding>& findings, std::vector<PackageVerdict>& verdicts);

}  // namespace envlock::verify
