#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "findings.h"
#include "tree.h"

namespace envlock::verify {

struct Surroundings {
  std::filesystem::path prefix;
  const Tree* tree = nullptr;
  std::string python_version;          ///< "3.12"; "" without python
  std::string site_packages;           ///< "lib/python3.12/site-packages"
  std::set<std::string> names;         ///< conda packages and distributions of the environment, normalized
  const Expected* expected = nullptr;  ///< for its variables
  std::optional<std::map<std::string, std::string>> state;  ///< of conda-meta/state; absent when it cannot be read
};

/// What of the process's environment, the user's home and conda-meta/state would change which files are used. A fault
/// where something of the prefix is shadowed or a variable of the lock has another value, else a note.
void check_surroundings(const Surroundings& surroundings, const VerifyOptions& options, const Advice& advice,
                        std::vector<Finding>& findings);

}  // namespace envlock::verify
