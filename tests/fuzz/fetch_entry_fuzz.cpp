// What the cache and servers say about a file: an entry of the cache, and the header lines of a response.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "entry.h"
#include "envlock/core/text.h"
#include "response.h"

using namespace envlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const std::optional<fetch::Entry> entry = fetch::parse_entry(text)) {
    const std::optional<fetch::Entry> again = fetch::parse_entry(fetch::format(*entry));
    if (!again || again->sha256 != entry->sha256 || again->size != entry->size) std::abort();
  }
  fetch::Response response;
  for (const std::string_view line : core::split(text, '\n')) response.read_line(line);
  if (response.etag.find('\n') != std::string::npos || response.max_age.value_or(0) < 0) std::abort();
  return 0;
}
