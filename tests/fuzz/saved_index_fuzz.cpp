// The file of --save-index: an Error, or an index that is written as it is read.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/lock/export.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const lock::SavedIndex index = lock::parse_saved_index({reinterpret_cast<const char*>(data), size}, "fuzz");
    const std::string text = lock::format(index);
    if (lock::format(lock::parse_saved_index(text, "fuzz")) != text) std::abort();
  } catch (const core::Error&) {
  }
  return 0;
}
