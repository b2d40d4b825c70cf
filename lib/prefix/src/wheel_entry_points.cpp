#include "wheel_entry_points.h"

#include <map>
#include <string>

#include "entry_point_of.h"
#include "envlock/core/text.h"

namespace envlock::prefix {

std::vector<EntryPoint> parse_entry_points(std::string_view package, std::string_view text) {
  std::map<std::string, EntryPoint> by_command;
  bool scripts = false;
  for (const std::string_view raw : core::split(text, '\n')) {
    const std::string_view line = core::trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[' && line.back() == ']') {
      const std::string_view section = core::trim(line.substr(1, line.size() - 2));
      scripts = section == "console_scripts" || section == "gui_scripts";
    } else if (scripts) {
      EntryPoint entry_point = parse_entry_point_of(package, line);
      by_command.insert_or_assign(entry_point.command, std::move(entry_point));
    }
  }
  std::vector<EntryPoint> entry_points;
  for (auto& [command, entry_point] : by_command) entry_points.push_back(std::move(entry_point));
  return entry_points;
}

}  // namespace envlock::prefix
