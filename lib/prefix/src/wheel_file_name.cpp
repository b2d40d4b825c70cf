#include "wheel_file_name.h"

#include <algorithm>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::prefix {

std::optional<WheelFileName> split_wheel_name(std::string_view file_name) {
  if (!file_name.ends_with(".whl")) return std::nullopt;
  file_name.remove_suffix(4);
  const std::vector<std::string_view> parts = core::split(file_name, '-');
  if (parts.size() != 5 && parts.size() != 6) return std::nullopt;
  if (std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty(); })) return std::nullopt;
  WheelFileName name{.name = std::string(parts[0]), .version = std::string(parts[1])};
  if (parts.size() == 6) {
    // A build tag begins with a digit.
    if (parts[2].front() < '0' || parts[2].front() > '9') return std::nullopt;
    name.build = parts[2];
  }
  name.python_tags = parts[parts.size() - 3];
  name.abi_tags = parts[parts.size() - 2];
  name.platform_tags = parts[parts.size() - 1];
  return name;
}

std::string file_name_of_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::string_view last = url.substr(url.rfind('/') + 1);
  return core::path_of_file_url("file:///" + std::string(last)).value_or("/").substr(1);
}

}  // namespace envlock::prefix
