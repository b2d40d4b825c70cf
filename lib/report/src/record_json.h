#pragma once

#include "envlock/conda/package_record.h"
#include "envlock/core/json_writer.h"

namespace envlock::report {

/// {"name", "version", "build", "channel", "subdir", "file_name"} on one line: which file it is.
void write_identity(core::JsonWriter& json, const conda::PackageRecord& record);
/// Every field that is known, as an object that is left open for more members.
void begin_record(core::JsonWriter& json, const conda::PackageRecord& record);

}  // namespace envlock::report
