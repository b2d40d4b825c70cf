#pragma once

#include "pypi_encoding.h"

namespace envlock::resolve {

/// Why nothing meets the lines, in the user's own words; `encoding` holds all releases and has no answer.
PypiConflict explain_pypi(const Universe& universe, const Encoding& encoding);

}  // namespace envlock::resolve
