#pragma once

#include <string>
#include <vector>

#include "findings.h"
#include "ownership.h"

namespace envlock::verify {

/// What is known of where strangers may come from.
struct StrangerContext {
  bool has_link_scripts = false;        ///< a package has a post-link script
  bool may_be_owned = false;            ///< a record could not be read: what it lists is unknown, and no fault
  std::vector<std::string> meta_files;  ///< of conda-meta that were read: "numpy-1.26.4-py312heda63a1_0.json"
};

/// One finding for each file that nobody owns where it could be run, loaded or imported; a folder in which nothing is
/// owned is one finding. Everything else that nobody owns is counted in one note.
void report_strangers(const Tree& tree, const Ownership& ownership, const StrangerContext& context,
                      std::vector<Finding>& findings);

}  // namespace envlock::verify
