#pragma once

#include <string>

namespace envlock::prefix {

/// What the system refused to do in a prefix, as a core::Error "disk-full" or "prefix-unwritable". `doing`: "make the
/// folder"; `path`: of the prefix or in it.
[[noreturn]] void throw_system_error(const std::string& doing, const std::string& path, int error);

}  // namespace envlock::prefix
