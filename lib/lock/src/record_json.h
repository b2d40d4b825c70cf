#pragma once

#include <string>
#include <vector>

#include "envlock/conda/channel.h"
#include "envlock/conda/package_record.h"
#include "envlock/core/json_writer.h"
#include "json_fields.h"

namespace envlock::lock {

/// The fields of a record inside an open object, in the fixed order of docs/formats/envlock-lock.md; what is absent or
/// empty is left out, but for `build` and `depends`.
void write_record(core::JsonWriter& writer, const conda::PackageRecord& record);

enum class HashRule { required, optional };

/// Reads what write_record writes, checks every field by itself, and that the file name says what the record says.
conda::PackageRecord read_record(Fields& fields, HashRule sha256);

/// The member "channels": in rank order, each once. Reading numbers the ranks from 0.
void write_channels(core::JsonWriter& writer, const std::vector<conda::Channel>& channels);
std::vector<conda::Channel> read_channels(Fields& fields);

/// Why a record cannot stand in a lock; empty when it can. What `read_record` would refuse, `make` must not write.
std::string fault_of(const conda::PackageRecord& record);

}  // namespace envlock::lock
