#pragma once

#include <string_view>

#include "source.h"

namespace envlock::spec {

/// What yaml-cpp's message at `offset` means to somebody who wrote the file.
core::Diagnostic explain_yaml_error(const Source& source, std::string_view message, std::size_t offset);

}  // namespace envlock::spec
