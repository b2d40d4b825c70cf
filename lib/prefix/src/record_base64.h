#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock::prefix {

/// Urlsafe base64 without padding, as RECORD has its hashes.
std::string encode_base64(std::string_view bytes);
/// Takes padding and the other alphabet too. Absent for anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace envlock::prefix
