#include "table.h"

#include <algorithm>
#include <cstddef>

#include "display_width.h"
#include "paint.h"

namespace envlock::report {

std::vector<std::string> Table::lines() const {
  std::vector<int> widths(columns_.size(), 0);
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::vector<std::string> all;
  for (const std::vector<std::string>& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;  // a column without a word takes no room
      const std::string padding(static_cast<std::size_t>(widths[i] - display_width(row[i])), ' ');
      if (!line.empty()) line += "  ";
      line += columns_[i] == Align::right ? padding + row[i] : row[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    all.push_back(std::move(line));
  }
  return all;
}

std::string Table::draw_with_header(const Style& style) const {
  std::string drawn;
  for (const std::string& line : lines()) {
    drawn += (drawn.empty() ? paint(line, Color::bold, style) : line) + "\n";
  }
  return drawn;
}

std::string Table::draw(const std::string& indent) const {
  std::string drawn;
  for (const std::string& line : lines()) drawn += indent + line + "\n";
  return drawn;
}

}  // namespace envlock::report
