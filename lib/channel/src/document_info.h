#pragma once

#include <string>
#include <string_view>

#include "slice_table.h"

namespace envlock::channel {

/// Reads the `info` object of a repodata document into `info`; other keys are ignored. False when it is no JSON object.
bool parse_document_info(std::string_view json, DocumentInfo& info);

/// The inside of a JSON string with its escapes resolved; a bad escape is kept as written.
std::string unescape_json(std::string_view raw);

}  // namespace envlock::channel
