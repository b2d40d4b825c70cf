// Any bytes may stand in a direct_url.json; nothing is thrown, and no password is kept.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "distributions_direct_url.h"
#include "envlock/core/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  envlock::prefix::Distribution distribution;
  envlock::prefix::read_direct_url({reinterpret_cast<const char*>(data), size}, distribution);
  const auto url = envlock::core::parse_url(distribution.direct_url);
  if (url && !url->password.empty() && url->password != "***") std::abort();
  return 0;
}
