#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "envlock/pypi/project.h"

namespace envlock::pypi {

/// A project page in a compact form that is read several times faster than its JSON.
/// Source: docs/formats/pypi-cache.md.
std::string pack_page(const ProjectPage& page);
/// Absent for anything that pack_page did not write.
std::optional<ProjectPage> unpack_page(std::string_view bytes);

}  // namespace envlock::pypi
