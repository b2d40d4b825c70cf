#include "replacement_shebang.h"

namespace envlock::prefix {

std::optional<Shebang> parse_shebang(std::string_view line) {
  if (!line.starts_with("#!")) return std::nullopt;
  const std::size_t begin = line.find_first_not_of(' ', 2);
  if (begin == std::string_view::npos || line[begin] != '/') return std::nullopt;
  std::size_t end = begin;
  while (end < line.size()) {
    const bool escaped_space = line.substr(end, 2) == "\\ ";
    if (!escaped_space && std::string_view(" \n\r\t").find(line[end]) != std::string_view::npos) break;
    end += escaped_space ? 2 : 1;
  }
  return Shebang{.executable = line.substr(begin, end - begin), .options = line.substr(end)};
}

std::string_view file_name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string env_shebang(const Shebang& shebang) {
  return std::string("#!/usr/bin/env ").append(file_name_of(shebang.executable)).append(shebang.options);
}

std::string shell_shebang(std::string_view executable, std::string_view options) {
  return std::string("#!/bin/sh\n'''exec' \"")
      .append(executable)
      .append("\"")
      .append(options)
      .append(" \"$0\" \"$@\" #'''");
}

}  // namespace envlock::prefix
