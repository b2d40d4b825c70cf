#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::lock {

/// What the table that ships says of a conda package: the PyPI projects whose distribution it brings, none for one that
/// brings none although it depends on python. Absent: nothing is said.
std::optional<std::vector<std::string>> pypi_names(std::string_view conda_name);

}  // namespace envlock::lock
