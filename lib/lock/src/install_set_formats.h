#pragma once

#include <string>
#include <string_view>

#include "artifact_url.h"
#include "envlock/core/diagnostic.h"
#include "envlock/lock/install_set.h"
#include "yaml_tree.h"

namespace envlock::lock {

/// Each reads one format as something to install; the text has been told apart before. `bytes` and `bases` are left to
/// them as parse_install_set has them.
InstallSet install_set_of_explicit(std::string_view text, const std::string& file, const PathBases& bases,
                                   core::Notes& notes);
InstallSet install_set_of_conda_lock(const YamlTree& tree, const std::string& file, const PathBases& bases,
                                     core::Notes& notes);
InstallSet install_set_of_pixi_lock(const YamlTree& tree, const std::string& file, const PathBases& bases,
                                    const std::string& environment, core::Notes& notes);
InstallSet install_set_of_lock(const Lock& lock);
/// The distributions of a platform of an envlock.lock: wheels, and obstacles for what is none.
void add_distributions(const Lock& lock, const LockedPlatform& from, InstallPlatform& to);

}  // namespace envlock::lock
