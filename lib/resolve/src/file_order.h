#pragma once

#include <vector>

#include "catalog.h"

namespace envlock::resolve {

/// Sorts records (given by id) as they stand in their channels: by channel, the platform's subdir before noarch, .conda
/// before .tar.bz2, file name; virtual packages last. The solver's choice between equally good answers goes by it.
std::vector<RecordId> in_file_order(const Catalog& catalog, std::vector<RecordId> records);

}  // namespace envlock::resolve
