// METADATA, and pip's configuration files, which have the same kind of lines.
#include "envlock/pypi/metadata.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/pypi/name.h"
#include "ini_file.h"

using namespace envlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const pypi::Metadata metadata = pypi::parse_metadata(text, "demo");
    if (!pypi::is_valid_name(metadata.name) || metadata.version.empty()) std::abort();
    for (const std::string& requirement : metadata.requires_dist) {
      if (requirement.find('\n') != std::string::npos) std::abort();
    }
  } catch (const core::Error&) {  // NOLINT: what is refused is refused
  }
  try {
    (void)pypi::parse_ini(text);
  } catch (const pypi::IniFault&) {  // NOLINT
  }
  return 0;
}
