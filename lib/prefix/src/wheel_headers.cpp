#include "wheel_headers.h"

#include "envlock/core/text.h"

namespace envlock::prefix {

Headers::Headers(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (const std::string_view line : core::split(text, '\n')) {
    if (core::trim(line).empty()) break;
    // A line that begins with a space goes on with the value above it; none of the keys we read has such.
    if (line.front() == ' ' || line.front() == '\t') continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    lines_.emplace_back(core::to_lower(core::trim(line.substr(0, colon))), core::trim(line.substr(colon + 1)));
  }
}

std::string Headers::first(std::string_view key) const {
  const std::string wanted = core::to_lower(key);
  for (const auto& [name, value] : lines_) {
    if (name == wanted) return value;
  }
  return "";
}

std::vector<std::string> Headers::all(std::string_view key) const {
  const std::string wanted = core::to_lower(key);
  std::vector<std::string> values;
  for (const auto& [name, value] : lines_) {
    if (name == wanted) values.push_back(value);
  }
  return values;
}

}  // namespace envlock::prefix
