#include "wheel_relative.h"

#include <vector>

#include "envlock/core/text.h"

namespace envlock::prefix {

std::string relative_to_folder(std::string_view path, std::string_view folder) {
  const std::vector<std::string_view> to = core::split(path, '/');
  const std::vector<std::string_view> from = core::split(folder, '/');
  std::size_t same = 0;
  while (same < from.size() && same + 1 < to.size() && from[same] == to[same]) ++same;
  std::string relative;
  for (std::size_t i = same; i < from.size(); ++i) relative += "../";
  for (std::size_t i = same; i < to.size(); ++i) {
    if (i > same) relative += '/';
    relative += to[i];
  }
  return relative;
}

std::string resolved_in_folder(std::string_view relative, std::string_view folder) {
  std::vector<std::string_view> parts;
  for (const std::string_view text : {folder, relative}) {
    for (const std::string_view part : core::split(text, '/')) {
      if (part.empty() || part == ".") continue;
      if (part == ".." && !parts.empty() && parts.back() != "..") {
        parts.pop_back();
      } else {
        parts.push_back(part);
      }
    }
  }
  std::string path;
  for (const std::string_view part : parts) {
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

}  // namespace envlock::prefix
