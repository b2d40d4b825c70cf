#pragma once

#include <optional>
#include <vector>

#include "catalog.h"
#include "envlock/conda/solution.h"

namespace envlock::resolve {

/// Requests that fail each by itself, before any solving: a name no channel has, a virtual package that is not assumed,
/// a version or build that does not exist, a channel that lacks the package. All of them in one diagnostic; the core is
/// the first. Absent when every request has a record of its own.
std::optional<conda::Conflict> explain_missing(Catalog& catalog, const std::vector<conda::Request>& requests);

/// "`--virtual-package __cuda=12`" for texts such as "__cuda >=12": the version that most of them accept, taken from
/// the texts themselves. Empty when none can be told.
std::string virtual_package_hint(Catalog& catalog, std::string_view name, const std::vector<std::string>& texts);

}  // namespace envlock::resolve
