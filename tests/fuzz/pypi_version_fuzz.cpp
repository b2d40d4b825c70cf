// Any bytes are versions and clauses or errors, one a line; versions keep the laws of an order, and texts come back.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/pypi/version.h"

using envlock::pypi::Specifiers;
using envlock::pypi::Version;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_order(const std::vector<Version>& versions) {
  for (const Version& a : versions) {
    require(a == a);
    require(Version::parse(a.format()).format() == a.format());
    require(Version::parse(a.format()) == a);
    for (const Version& b : versions) {
      require((a < b) == (b > a));
      require((a == b) == (b == a));
      require(!(a < b && b < a));
      for (const Version& c : versions) {
        if (a <= b && b <= c) require(a <= c);
      }
    }
  }
}

void check_clauses(std::string_view text, const std::vector<Version>& versions) {
  const auto specifiers = Specifiers::parse_leniently(text);
  if (!specifiers) return;
  const Specifiers again = Specifiers::parse(specifiers->format());
  require(again == *specifiers);
  for (const Version& version : versions) require(again.contains(version) == specifiers->contains(version));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<Version> versions;
  for (const std::string_view line : envlock::core::split(text, '\n')) {
    try {
      Version version = Version::parse(line);
      if (versions.size() < 5) versions.push_back(std::move(version));
    } catch (const envlock::core::Error&) {
    }
    check_clauses(line, versions);
  }
  check_order(versions);
  return 0;
}
