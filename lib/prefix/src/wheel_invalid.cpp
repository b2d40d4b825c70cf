#include "wheel_invalid.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::prefix {

void throw_wheel_invalid(const std::string& file_name, const std::string& why) {
  throw core::Error({.code = "wheel-invalid",
                     .what = "`" + core::printable(file_name) + "` is no wheel that can be installed",
                     .why = {why},
                     .hints = {"lock another file or version of it, and tell its authors"}});
}

}  // namespace envlock::prefix
