#pragma once

#include <string>
#include <vector>

#include "file_check.h"
#include "findings.h"
#include "layout.h"
#include "package_set.h"

namespace envlock::verify {

/// One package, its layout and what checking it gave.
struct CheckedPackage {
  Subject subject;
  PackageLayout layout;
  CheckedLayout checked;
};

/// Where several packages ship one path the last that was linked wins: it is right when any of them is right. Drops the
/// problems of the others; a path that no claimant has right keeps the first one's. Adds a note for each path whose
/// claimants differ. `owned_copies`: paths that an installer set aside for the losers and that are theirs.
void settle_clobbers(std::vector<CheckedPackage>& packages, const PrefixView& view, HashStore& hashes,
                     std::vector<std::string>& owned_copies, std::vector<Finding>& findings);

/// Fills in at which byte files differ from their archives, where these are at hand.
void locate_differences(std::vector<CheckedPackage>& packages, const PrefixView& view, std::size_t threads,
                        std::vector<Finding>& findings);

/// The findings of all problems. Those that one cause explains (a prefix that was moved, an umask) become one.
void report_problems(const std::vector<CheckedPackage>& packages, const PrefixView& view, const Advice& advice,
                     std::vector<Finding>& findings);

/// One finding for each place that hides files of a package (Problem::Kind::unseen).
void say_unseen(const PackageLayout& layout, const std::vector<Problem>& problems, Group group,
                const std::string& package, const std::string& label, std::vector<Finding>& findings);

/// "bin/.NAME-post-link.sh" and its kin: what may have changed a package's files after they were linked.
bool has_link_script(const PackageLayout& layout);

}  // namespace envlock::verify
