// Any bytes as an environment file: only core::Error may come out, each mistake within the text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/spec/spec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  envlock::core::Notes notes;
  try {
    const envlock::spec::Spec spec = envlock::spec::parse(text, "environment.yml", notes);
    for (const char* subdir : {"linux-64", "osx-arm64"}) {
      for (const auto& request : envlock::spec::requests_for(spec, subdir)) {
        if (request.where.line < 1 || request.where.column < 1) std::abort();
      }
    }
  } catch (const envlock::core::Error& error) {
    for (const auto& mistake : error.diagnostics()) {
      if (mistake.code.empty() || mistake.what.empty()) std::abort();
    }
  }
  return 0;
}
