#pragma once

#include <filesystem>
#include <string>

namespace envlock::prefix {

/// The path as it is written into files: absolute, without "." and "..", links not resolved.
/// Throws: core::Error "prefix-invalid" (control characters, or no UTF-8), "prefix-not-environment" (a non-empty folder
/// that is none, or no folder), "prefix-frozen".
std::string check_prefix(const std::filesystem::path& prefix, bool force);

}  // namespace envlock::prefix
