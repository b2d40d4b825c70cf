#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock::pypi {

/// A file as Python's configparser.RawConfigParser reads it: "key = value" or "key: value", values that go on in
/// indented lines, comments that fill a line, and [DEFAULT] for all sections.
struct IniFile {
  struct Section {
    std::string name;
    std::vector<std::pair<std::string, std::string>> items;  ///< keys in lower case, those of [DEFAULT] included
  };
  std::vector<Section> sections;
};

/// Where a file breaks the rules, and which.
struct IniFault {
  int line = 0;
  std::string why;
};

/// Throws: IniFault.
IniFile parse_ini(std::string_view text);

}  // namespace envlock::pypi
