#pragma once

#include <string>
#include <string_view>

#include "envlock/core/json_writer.h"
#include "envlock/lock/pip.h"
#include "json_fields.h"

namespace envlock::lock {

/// "index", "find-links", "archive", "vcs", "directory", "built".
std::string_view name_of(LockedDistribution::Source source);

/// The fields of a distribution inside an open object, in the fixed order of docs/formats/envlock-lock.md; what is
/// absent or empty is left out.
void write_distribution(core::JsonWriter& writer, const LockedDistribution& distribution);

/// Reads what write_distribution writes and checks every field by itself, and that the file name says what the entry
/// says.
LockedDistribution read_distribution(Fields& fields);

/// Why a distribution cannot stand in a lock; empty when it can. What `read_distribution` would refuse, `make` must not
/// write. A missing hash aside.
std::string fault_of(const LockedDistribution& distribution);
/// True for what is named by its hash: all but repositories and folders.
bool needs_hash(LockedDistribution::Source source);

}  // namespace envlock::lock
