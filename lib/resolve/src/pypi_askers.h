#pragma once

#include "envlock/core/diagnostic.h"
#include "pypi_universe.h"

namespace envlock::resolve {

/// Gives what went wrong with a project the place of the line that asks for it, and says by which needs when the line
/// names another. Leaves a diagnostic alone that has a place, or whose project nothing is known to lead to.
void tell_who_asks(const Universe& universe, ProjectId project, core::Diagnostic& diagnostic);

}  // namespace envlock::resolve
