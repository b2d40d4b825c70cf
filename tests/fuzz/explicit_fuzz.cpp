// @EXPLICIT files: an Error, or picks.
#include <cstdint>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/lock/import.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  envlock::core::Notes notes;
  try {
    envlock::lock::parse_preferences({reinterpret_cast<const char*>(data), size}, "fuzz", notes);
  } catch (const envlock::core::Error&) {
  }
  return 0;
}
