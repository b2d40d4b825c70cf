#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "leaving_files.h"
#include "planned_file.h"

namespace envlock::prefix {

/// A script that a package wants to be run once its files are there.
struct PostLink {
  std::string script;  ///< "bin/.NAME-post-link.sh"
  conda::PackageRecord record;
  std::string meta_file;
  std::size_t rank = 0;  ///< in the order of linking
};

/// What conda-meta/envlock-scripts says, and what shall be done about it.
struct PostLinks {
  std::vector<PostLink> to_run;   ///< in the order of linking
  std::vector<PostLink> to_list;  ///< not run, in the order of linking
  /// The text of conda-meta/envlock-scripts when all is done: those that were not run. "" when all were.
  std::string text() const;
};

struct PostLinksInput {
  const PrefixFolder& prefix;
  const InstalledPackages& installed;
  const Target& target;
  const Difference& difference;
  const std::vector<PackageToLink>& packages;
  Scripts scripts = Scripts::list;
};

/// The scripts of the packages that are linked, and those of packages that stay which no install ran yet. Of the
/// latter, one that was changed since it was linked is not run: `notes` says so ("link-script-changed").
PostLinks plan_post_links(const PostLinksInput& input, core::Notes& notes);

}  // namespace envlock::prefix
