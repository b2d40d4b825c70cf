// Any bytes are a requirement and a marker, or errors with a place inside the text; what is read comes back from its
// canonical text, and holds where that holds.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/pypi/requirement.h"

using envlock::pypi::Marker;
using envlock::pypi::Requirement;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_error(const envlock::core::Error& error, std::string_view text) {
  require(error.diagnostics().size() == 1);
  const auto& where = error.diagnostics().front().where;
  require(where && where->column >= 1 && static_cast<std::size_t>(where->column) <= text.size() + 1);
}

void check_marker(const Marker& marker) {
  const Marker again = Marker::parse(marker.format());
  require(again == marker);
  const std::vector<std::string> extras{"a", "test"};
  for (const char* subdir : {"linux-64", "osx-arm64", "win-64"}) {
    const auto environment = envlock::pypi::make_marker_environment(subdir, "3.12.7");
    require(again.holds(environment) == marker.holds(environment));
    require(again.holds(environment, extras) == marker.holds(environment, extras));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    check_marker(Marker::parse(text));
  } catch (const envlock::core::Error& error) {
    check_error(error, text);
  }
  try {
    const Requirement requirement = Requirement::parse(text);
    require(Requirement::parse(requirement.format()) == requirement);
    if (!requirement.marker.always()) check_marker(requirement.marker);
    require(Requirement::parse_leniently(text) == requirement);
  } catch (const envlock::core::Error& error) {
    check_error(error, text);
    if (const auto mended = Requirement::parse_leniently(text)) {
      require(Requirement::parse(mended->format()) == *mended);
    }
  }
  return 0;
}
