// Whatever `envlock diff` is given is read, or refused with an Error; what was read differs in nothing from itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/diff/diff.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  envlock::core::Notes notes;
  try {
    const envlock::diff::Inventory read = envlock::diff::parse_inventory(text, "fuzz.lock", "", notes);
    if (!envlock::diff::compare(read, read).empty()) std::abort();
    envlock::diff::Inventory bare = read;
    for (auto& platform : bare.platforms) platform.items.clear();
    const envlock::diff::Diff diff = envlock::diff::compare(read, bare);
    (void)envlock::diff::check(diff, {{"any", "cuda", "x*"}});
  } catch (const envlock::core::Error&) {
  }
  return 0;
}
