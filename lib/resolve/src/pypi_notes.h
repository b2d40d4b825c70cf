#pragma once

#include <map>
#include <string>

#include "envlock/core/diagnostic.h"
#include "envlock/resolve/pypi.h"
#include "pypi_universe.h"

// What is to be said of a choice that was made.

namespace envlock::resolve {

/// That a chosen name stands on several indexes, with how to say which one is meant.
core::Diagnostic tell_ambiguous(const Universe& universe, const Project& project);

/// A yanked release, an archived or deprecated project.
void note_surprises(const Universe& universe, const Project& project, const Release& release, core::Notes& notes);

/// Versions that were asked for and could have been newer, had conda brought something else.
void note_held_back(const Universe& universe, const std::map<std::string, PypiPick>& picks, core::Notes& notes);

/// Extras that the chosen version does not have.
void note_unknown_extras(const Universe& universe, const PypiPick& pick, core::Notes& notes);

}  // namespace envlock::resolve
