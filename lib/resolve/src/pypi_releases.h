#pragma once

#include "pypi_universe.h"

namespace envlock::resolve {

/// Turns a project's page into the releases that the platform could take, best first, and counts what is left out.
/// Order: favored ones as any other; by version, newest first. Of several wheels of a version the one with the best
/// tag counts, then the highest build number, then the file name.
void make_releases(const PypiProblem& problem, pypi::ProjectPage page, Project& project);

}  // namespace envlock::resolve
