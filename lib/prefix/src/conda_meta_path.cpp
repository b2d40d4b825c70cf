#include "conda_meta_path.h"

#include "envlock/core/text.h"

namespace envlock::prefix {

std::optional<std::string> normalized_installed_path(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos) return std::nullopt;
  std::string normalized;
  for (const std::string_view part : core::split(path, '/')) {
    if (part == "..") return std::nullopt;
    if (part.empty() || part == ".") continue;
    if (!normalized.empty()) normalized += '/';
    normalized += part;
  }
  if (normalized.empty()) return std::nullopt;
  return normalized;
}

}  // namespace envlock::prefix
