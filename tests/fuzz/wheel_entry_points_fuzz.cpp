// Any bytes are an entry_points.txt or an error; a command that is understood is a plain file name.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"
#include "wheel_entry_points.h"
#include "wheel_scripts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    for (const prefix::EntryPoint& point :
         prefix::parse_entry_points("", {reinterpret_cast<const char*>(data), size})) {
      if (!conda::is_safe_file_name(point.command)) std::abort();
      if (prefix::wheel_entry_point_script(point, "/env/bin/python").find('\0') != std::string::npos) std::abort();
    }
  } catch (const core::Error&) {
  }
  return 0;
}
