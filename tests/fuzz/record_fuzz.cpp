// Any bytes are a RECORD or an error; what is understood is read again as it is written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/wheel.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const auto lines = prefix::parse_record({reinterpret_cast<const char*>(data), size}, "RECORD");
    if (prefix::parse_record(prefix::format_record(lines), "RECORD") != lines) std::abort();
  } catch (const core::Error&) {
  }
  return 0;
}
