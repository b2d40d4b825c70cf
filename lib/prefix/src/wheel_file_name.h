#pragma once

#include <string>
#include <string_view>

namespace envlock::prefix {

/// The file name at the end of a URL or path, percent-decoded.
std::string file_name_of_url(std::string_view url);

}  // namespace envlock::prefix
