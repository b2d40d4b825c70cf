#pragma once

#include <vector>

#include "envlock/diff/diff.h"

namespace envlock::diff {

/// What of two machines differs. Which GPU it is (its UUID) is no difference; of which kind it is.
std::vector<FactChange> compare_machines(const snapshot::Machine& from, const snapshot::Machine& to);
/// The libraries found in two environments, by role.
std::vector<FactChange> compare_libraries(const std::vector<snapshot::FoundLibrary>& from,
                                          const std::vector<snapshot::FoundLibrary>& to);
/// The indexes that the PyPI halves of two locks take from, in their order.
std::vector<FactChange> compare_indexes(const std::vector<std::string>& from, const std::vector<std::string>& to);
/// The `variables` of two environments. Values that look like secrets are not told.
std::vector<FactChange> compare_variables(const std::map<std::string, std::string>& from,
                                          const std::map<std::string, std::string>& to);
/// The virtual packages of a platform. Where one side assumes and the other is a machine, only what the machine lacks.
std::vector<FactChange> compare_virtual_packages(const Inventory& from, const Inventory::Platform& from_platform,
                                                 const Inventory& to, const Inventory::Platform& to_platform);

}  // namespace envlock::diff
