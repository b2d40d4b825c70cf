// Any bytes are a spec or an invalid-spec error; the canonical text of a spec is the same spec to the strict reader.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/conda/match_spec.h"
#include "envlock/core/diagnostic.h"

using envlock::conda::MatchSpec;
using envlock::conda::SpecSyntax;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  MatchSpec spec;
  try {
    envlock::core::Notes notes;
    spec = MatchSpec::parse(text, SpecSyntax::lenient, &notes);
  } catch (const envlock::core::Error&) {
    return 0;
  }
  const std::string canonical = envlock::conda::format(spec);
  const MatchSpec again = MatchSpec::parse(canonical, SpecSyntax::strict);
  if (!(again == spec) || envlock::conda::format(again) != canonical) std::abort();
  envlock::conda::PackageRecord record;
  record.name = spec.name;
  record.version = "1.8.3";
  record.build = "py312_0";
  record.subdir = "linux-64";
  record.file_name = "foo-1.8.3-py312_0.conda";
  record.channel = "https://host/channel";
  if (spec.matches(record) != again.matches(record)) std::abort();
  return 0;
}
