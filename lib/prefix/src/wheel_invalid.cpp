#include "wheel_invalid.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::prefix {

std::string in_backticks(std::string_view text) {
  std::string shown = "`";
  shown += core::printable(text);
  shown += '`';
  return shown;
}

void throw_wheel_invalid(const std::string& file_name, const std::string& why) {
  throw core::Error({.code = "wheel-invalid",
                     .what = in_backticks(file_name) + " is no wheel that can be installed",
                     .why = {why},
                     .hints = {"lock another file or version of it, and tell its authors"}});
}

}  // namespace envlock::prefix
