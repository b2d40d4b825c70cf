#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::channel {

/// The one spelling of a channel's URL: scheme and host in lower case, no credentials, token, default port, query,
/// fragment, final slash or subdir. Absent for what is no http(s) URL with a host.
std::optional<std::string> canonical_url(std::string_view url);

/// The same place as it must be asked: with credentials and token, without final slash and subdir.
std::string transport_url(std::string_view url);

/// True for "./x", "../x", "/x", "~", "~/x", "." and "..", as conda tells paths from names.
bool looks_like_path(std::string_view text);

/// An absolute path without "." and ".." and final slash; `~` is the home folder; a subdir at its end is taken off.
std::filesystem::path absolute_folder(std::string_view text, const std::filesystem::path& base);

/// "./channels/local", "../x" or ".": the folder as seen from `from`, with forward slashes. Links are not followed.
std::string relative_base(const std::filesystem::path& folder, const std::filesystem::path& from);

}  // namespace envlock::channel
