// An entry point: an Error, or names that make a script which is recognized again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/layout.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock::prefix;
  try {
    const EntryPoint entry_point = parse_entry_point({reinterpret_cast<const char*>(data), size});
    if (entry_point.command.find('/') != std::string::npos) std::abort();
    const Python python = python_of("3.12", "");
    const std::string script = entry_point_script(entry_point, "/p", python);
    if (matching_entry_point(script, entry_point, "/p", python) != Dialect::conda) std::abort();
  } catch (const envlock::core::Error&) {
  }
  return 0;
}
