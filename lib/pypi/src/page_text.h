#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "envlock/pypi/index_client.h"
#include "envlock/pypi/project.h"

namespace envlock::pypi {

/// A project page in a compact form that is read several times faster than its JSON.
/// Source: docs/formats/pypi-cache.md.
std::string pack_page(const ProjectPage& page);
/// Absent for anything that pack_page did not write. Of the wheels that do not fit, some are left out: see
/// IndexSettings::fits.
std::optional<ProjectPage> unpack_page(std::string_view bytes, const WheelFilter& fits = {});

}  // namespace envlock::pypi
