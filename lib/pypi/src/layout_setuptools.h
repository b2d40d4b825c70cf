#pragma once

#include "project_modules.h"
#include "pyproject.h"

namespace envlock::pypi {

/// What setuptools takes, by [tool.setuptools], setup.cfg and its automatic discovery; code in setup.py is an obstacle.
/// Source: setuptools' user guide, "Package Discovery and Namespace Packages".
void find_setuptools_layout(const Pyproject& project, const std::string& name, LayoutBuilder& layout);

}  // namespace envlock::pypi
