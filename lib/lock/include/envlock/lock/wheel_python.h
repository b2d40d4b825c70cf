#pragma once

#include <string>

#include "envlock/conda/package_record.h"

namespace envlock::lock {

/// The version of a conda `python` record as wheel tags know it: "3.13.1t" for the free-threaded build, whose wheels
/// have tags of their own (PEP 703).
std::string wheel_python(const conda::PackageRecord& python);

}  // namespace envlock::lock
