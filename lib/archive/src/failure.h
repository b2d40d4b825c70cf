#pragma once

#include <string>
#include <string_view>

namespace envlock::archive {

/// The refusals of this room. `file` is the archive's path; `entry` a name inside it, empty when no entry is to blame.
/// Both are made printable here.
[[noreturn]] void refuse_unreadable(const std::string& file, std::string_view entry, const std::string& why);
[[noreturn]] void refuse_unsafe(const std::string& file, std::string_view entry, const std::string& why);
[[noreturn]] void refuse_too_large(const std::string& file, std::string_view entry, const std::string& why);

/// What the system said: "file-not-found" or "file-unreadable".
[[noreturn]] void refuse_file(const std::string& file, int error);

}  // namespace envlock::archive
