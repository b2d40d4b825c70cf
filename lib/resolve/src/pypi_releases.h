#pragma once

#include "pypi_universe.h"

namespace envlock::resolve {

/// Turns a project's page into the releases that the platform could take, best first, and counts what is left out.
/// Order: favored ones as any other; by version, newest first. Of several wheels of a version the one with the best
/// tag counts, then the highest build number, then the file name.
void make_releases(const PypiProblem& problem, pypi::ProjectPage page, Project& project);

/// What `--no-binary` and `--only-binary` leave of a project's files; a name counts before ":all:".
bool allows_wheels(const PypiProblem& problem, std::string_view name);
bool allows_sdists(const PypiProblem& problem, std::string_view name);

}  // namespace envlock::resolve
