#pragma once

#include "envlock/resolve/pypi.h"

namespace envlock::resolve {

/// What would have to stand under `dependencies:` so that conda brings what a need asks for.
CondaWish make_conda_wish(const ProvidedDistribution& provided, const pypi::Specifiers& specifiers);

}  // namespace envlock::resolve
