// Any bytes as a policy: only core::Error may come out.
#include <cstdint>
#include <string_view>

#include "envlock/spec/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  envlock::core::Notes notes;
  try {
    envlock::spec::parse_policy(text, "envlock.toml", notes);
  } catch (const envlock::core::Error&) {
    // A mistake that was told is what is wanted.
  }
  return 0;
}
