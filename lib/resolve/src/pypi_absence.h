#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pypi_universe.h"

namespace envlock::resolve {

/// Why no release of a project meets a requirement: the facts, and what to do.
struct Absence {
  std::string code;  ///< "no-such-project", "no-fitting-version", "conda-conflict"
  std::vector<std::string> why;
  std::vector<std::string> hints;
  std::optional<CondaWish> wish;  ///< of what conda provides
};
Absence explain_absence(const Universe& universe, const Project& project, const pypi::Requirement& requirement);

}  // namespace envlock::resolve
