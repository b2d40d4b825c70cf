#pragma once

#include <string>
#include <vector>

#include "catalog.h"

namespace envlock::resolve {

/// Edits of one of the core's requests that would give a solution; each was tried. Best first, at most two.
std::vector<std::string> find_remedies(Catalog& catalog, const std::vector<conda::Request>& requests,
                                       const std::vector<std::size_t>& core);

/// Whether assuming more virtual packages ("__cuda=12") would give a solution.
bool helps_to_assume(const Catalog& catalog, const std::vector<conda::Request>& requests,
                     const std::vector<conda::VirtualPackage>& more);

}  // namespace envlock::resolve
