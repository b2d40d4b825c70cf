#include "ini_file.h"

#include <algorithm>

#include "ascii.h"
#include "envlock/core/text.h"

namespace envlock::pypi {
namespace {

struct Line {
  int number = 0;
  std::size_t indent = 0;
  std::string_view text;  ///< without white space around it
};

class IniParser {
 public:
  IniFile parse(std::string_view text) {
    int number = 0;
    for (std::string_view raw : core::split(text, '\n')) {
      const std::string_view trimmed = core::trim(raw);
      const std::size_t indent = trimmed.empty() ? 0 : static_cast<std::size_t>(trimmed.data() - raw.data());
      take({++number, indent, trimmed});
    }
    return finish();
  }

 private:
  void take(const Line& line) {
    if (!line.text.empty() && (line.text.front() == '#' || line.text.front() == ';')) return;
    if (line.text.empty()) {
      if (item_ != nullptr) ++empty_lines_;  // they belong to a value that goes on behind them
      return;
    }
    if (item_ != nullptr && line.indent > item_indent_) {
      item_->second.append(empty_lines_ + 1, '\n');
      item_->second += line.text;
      empty_lines_ = 0;
      return;
    }
    empty_lines_ = 0;
    item_indent_ = line.indent;
    if (line.text.front() == '[' && line.text.rfind(']') > 1 && line.text.rfind(']') != std::string_view::npos) {
      begin_section(line);
    } else {
      begin_item(line);
    }
  }

  void begin_section(const Line& line) {
    const std::string name(line.text.substr(1, line.text.rfind(']') - 1));
    item_ = nullptr;
    if (name == "DEFAULT") {
      section_ = &defaults_;
      return;
    }
    for (const IniFile::Section& section : file_.sections) {
      if (section.name == name) throw IniFault{line.number, "the section [" + core::printable(name) + "] stands twice"};
    }
    file_.sections.push_back({name, {}});
    section_ = &file_.sections.back();
  }

  void begin_item(const Line& line) {
    if (section_ == nullptr) throw IniFault{line.number, "there is no section before it"};
    const std::size_t sign = line.text.find_first_of("=:");
    if (sign == std::string_view::npos || sign == 0) throw IniFault{line.number, "it is no `key = value`"};
    const std::string key = core::to_lower(core::trim(line.text.substr(0, sign)));
    for (const auto& [other, value] : section_->items) {
      if (other == key) throw IniFault{line.number, "`" + core::printable(key) + "` stands twice"};
    }
    section_->items.emplace_back(key, std::string(core::trim(line.text.substr(sign + 1))));
    item_ = &section_->items.back();
  }

  IniFile finish() {
    for (IniFile::Section& section : file_.sections) {
      std::vector<std::pair<std::string, std::string>> items = defaults_.items;
      for (auto& [key, value] : section.items) {
        const auto same = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.first == key; });
        if (same == items.end()) {
          items.emplace_back(key, value);
        } else {
          same->second = value;
        }
      }
      section.items = std::move(items);
    }
    return std::move(file_);
  }

  IniFile file_;
  IniFile::Section defaults_;
  IniFile::Section* section_ = nullptr;
  std::pair<std::string, std::string>* item_ = nullptr;
  std::size_t item_indent_ = 0, empty_lines_ = 0;
};

}  // namespace

IniFile parse_ini(std::string_view text) {
  return IniParser().parse(text);
}

}  // namespace envlock::pypi
