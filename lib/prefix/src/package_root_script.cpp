#include "package_root_script.h"

#include <string>

namespace envlock::prefix {

namespace {

// What stands between `before` and the next `after`. Absent: one of them is not there.
std::optional<std::string> between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t from = begin + before.size();
  const std::size_t end = text.find(after, from);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(from, end - from));
}

}  // namespace

std::optional<EntryPoint> read_script(std::string_view script, std::string_view prefix, const Python& python) {
  const std::optional<std::string> module = between(script, "\nfrom ", " import ");
  const std::optional<std::string> function = between(script, "sys.exit(", "())\n");
  if (!module || !function) return std::nullopt;
  EntryPoint entry_point{.command = "", .module = *module, .function = *function};
  if (!matching_entry_point(script, entry_point, prefix, python)) return std::nullopt;
  return entry_point;
}

}  // namespace envlock::prefix
