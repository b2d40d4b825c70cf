#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock::snapshot {

/// Variables that a snapshot tells beside those of probe::numeric_environment: they choose files, devices or code.
/// Sorted.
const std::vector<std::string>& further_variables();

/// What must not stand in a value although nothing in it looks private.
struct PrivateNames {
  std::vector<std::string> names;  ///< of this machine and its user
  std::string prefix;              ///< the environment's folder, which becomes "$CONDA_PREFIX"; may be empty
};
/// Those of this process.
PrivateNames private_names();

/// public_value with the names given.
std::string public_value(std::string_view name, std::string_view value, const PrivateNames& names);

}  // namespace envlock::snapshot
