#pragma once

#include <vector>

#include "envlock/diff/diff.h"

namespace envlock::diff {

/// Fills in `cause` and `reason` of the changes of a platform.
///
/// One change brings about another when the other could not have stayed as it was: a new dependency asks for what the
/// old package is not (or was not there at all), the old package asks for what its dependency no longer is, or nothing
/// that needed it is left. Direct requests whose version changed, and virtual packages, are where chains begin; every
/// other change belongs to the nearest of them, the one that moves most where several are near. Where no request leads,
/// the change that moves most of what is left begins the next chain. What nothing forced has no cause.
void tell_causes(std::vector<Change>& changes, const Inventory::Platform& from, const Inventory::Platform& to);

}  // namespace envlock::diff
