// Any bytes are a version or an invalid-version error; three of them, one a line, keep the laws of an order.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "envlock/conda/version.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

using envlock::conda::Version;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_order(const std::vector<Version>& versions) {
  for (const Version& a : versions) {
    require(a == a);
    require(a.starts_with(a));
    for (const Version& b : versions) {
      require((a < b) == (b > a));
      require(!(a < b && b < a));
      for (const Version& c : versions) {
        if (a <= b && b <= c) require(a <= c);
      }
    }
  }
}

void check_condition(std::string_view text, const std::vector<Version>& versions) {
  try {
    const auto spec = envlock::conda::VersionSpec::parse(text);
    const auto again = envlock::conda::VersionSpec::parse(spec.text());
    require(spec == again);
    for (const Version& version : versions) require(spec.matches(version) == again.matches(version));
  } catch (const envlock::core::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<Version> versions;
  std::string_view previous;
  for (const std::string_view line : envlock::core::split(text, '\n')) {
    if (versions.size() >= 4) break;
    if (auto version = Version::try_parse(line)) {
      versions.push_back(std::move(*version));
    } else {
      try {
        Version::parse(line);
        std::abort();
      } catch (const envlock::core::Error&) {
      }
    }
    const auto order = envlock::conda::compare_as_versions(line, previous);
    require((order < 0) == (envlock::conda::compare_as_versions(previous, line) > 0));
    check_condition(line, versions);
    previous = line;
  }
  check_order(versions);
  return 0;
}
