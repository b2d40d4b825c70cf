#include "markdown.h"

#include "paint.h"

namespace envlock::report {

std::string markdown_code(std::string_view text) {
  const std::string safe = shown(text);
  if (safe.empty()) return "";
  std::string code = "`";
  // A span of nothing but spaces is none, and one that begins and ends with a space loses both.
  if (safe.front() == ' ') code += "\u00B7";
  for (const char c : safe) {
    switch (c) {
      case '`':
        code += "\u02CB";
        break;
      case '\\':
        code += "\u29F5";
        break;
      case '|':
        code += "\\|";  // a table is cut into cells before anything else is read
        break;
      default:
        code += c;
    }
  }
  if (safe.back() == ' ') code += "\u00B7";
  return code + "`";
}

std::string markdown_words(std::string_view text) {
  const std::string safe = shown(text);
  std::string words;
  std::size_t begin = 0;
  bool is_code = false;
  while (begin <= safe.size()) {
    std::size_t end = safe.find('`', begin);
    // A backtick without a partner is a character like any other.
    if (!is_code && end != std::string::npos && safe.find('`', end + 1) == std::string::npos) end = std::string::npos;
    const std::string_view part = std::string_view(safe).substr(begin, end - begin);
    if (is_code) {
      words += markdown_code(part);
    } else {
      for (std::size_t i = 0; i < part.size(); ++i) {
        const char c = part[i];
        // ":smile:" and "https://" begin with a colon that something follows.
        const bool is_mark = std::string_view("\\`*_[]()!|<>&@#").find(c) != std::string_view::npos ||
                             (c == ':' && i + 1 < part.size() && part[i + 1] != ' ');
        if (is_mark) words += '\\';
        words += c;
        // What the site itself makes of text: mentions and references.
        if (c == '@' || c == '#') words += "&#8203;";
      }
    }
    if (end == std::string::npos) break;
    begin = end + 1;
    is_code = !is_code;
  }
  return words;
}

MarkdownTable::MarkdownTable(std::vector<Column> columns) {
  std::string rule;
  for (const Column& column : columns) {
    text_ += "| " + column.title + (column.title.empty() ? "" : " ");
    rule += column.align == Align::left ? "|:--" : "|--:";
  }
  text_ += "|\n" + rule + "|\n";
}

bool MarkdownTable::add(const std::vector<std::string>& cells, std::size_t room) {
  std::string row;
  for (const std::string& cell : cells) row += "| " + cell + (cell.empty() ? "" : " ");
  row += "|\n";
  if (text_.size() + row.size() > room) return false;
  text_ += row;
  return true;
}

}  // namespace envlock::report
