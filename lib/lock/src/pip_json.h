#pragma once

#include <string>
#include <vector>

#include "envlock/core/json_writer.h"
#include "envlock/lock/pip.h"
#include "json_fields.h"

namespace envlock::lock {

/// The members "pip" and "pip_requests" of a lock.
void write_pip(core::JsonWriter& writer, const PipOptions& options);
void write_pip_lines(core::JsonWriter& writer, const std::vector<PipLine>& lines);

/// Reading checks every field by itself. Lines come sorted, each once.
PipOptions read_pip(const Json& object, Mistakes& mistakes);
std::vector<PipLine> read_pip_lines(const Json& array, Mistakes& mistakes);

}  // namespace envlock::lock
