#include "wheel_scripts.h"

namespace envlock::prefix {
namespace {

// Linux reads this many bytes of a "#!" line, the newline included.
constexpr std::size_t kLongestShebang = 127;

/// In double quotes of sh. Without the characters that mean something there it is what distlib writes.
std::string quoted_for_shell(std::string_view path) {
  std::string text = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace

std::string python_shebang(std::string_view executable) {
  const bool plain = executable.find_first_of(" \t\r\n") == std::string_view::npos;
  if (plain && executable.size() + 3 <= kLongestShebang) return "#!" + std::string(executable) + "\n";
  const bool safe = executable.find_first_of(" \t\r\n\"\\$`'&;|<>()*?[]#~") == std::string_view::npos;
  const std::string command = safe ? std::string(executable) : quoted_for_shell(executable);
  return "#!/bin/sh\n'''exec' " + command + " \"$0\" \"$@\"\n' '''\n";
}

std::string wheel_entry_point_script(const EntryPoint& entry_point, std::string_view executable) {
  const std::string first = entry_point.function.substr(0, entry_point.function.find('.'));
  std::string text = python_shebang(executable);
  text += "# -*- coding: utf-8 -*-\nimport re\nimport sys\n";
  text += "from " + entry_point.module + " import " + first + "\n";
  text += "if __name__ == '__main__':\n";
  text += "    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n";
  text += "    sys.exit(" + entry_point.function + "())\n";
  return text;
}

std::optional<std::string> rewritten_script(std::string_view script, std::string_view executable) {
  if (!script.starts_with("#!python")) return std::nullopt;
  const std::size_t end = script.find('\n');
  const std::string_view rest = end == std::string_view::npos ? std::string_view() : script.substr(end + 1);
  return python_shebang(executable) + std::string(rest);
}

}  // namespace envlock::prefix
