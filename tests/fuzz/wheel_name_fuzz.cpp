// Any bytes are the name of a wheel, of a source distribution, or of neither.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/pypi/name.h"
#include "envlock/pypi/tags.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace pypi = envlock::pypi;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const pypi::Tags tags("3.12", {.subdir = "linux-64", .glibc_version = "2.28"});
  const auto wheel = pypi::parse_wheel_name(text);
  if (wheel && (pypi::normalize_name(wheel->name) != wheel->name || wheel->pythons.empty())) std::abort();
  if (wheel) tags.rank(*wheel);
  const auto version = pypi::parse_sdist_version(text, pypi::normalize_name(text.substr(0, text.find('-'))));
  if (version && version->size() >= text.size()) std::abort();
  pypi::Tags(text, {.subdir = "linux-64", .glibc_version = "2.5"});
  return 0;
}
