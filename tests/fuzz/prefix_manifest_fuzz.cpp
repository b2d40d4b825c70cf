// What a package says of itself: an Error, or a manifest whose paths stay inside. The input is a text of several files,
// each after a line "=== NAME".
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> info;
  while (rest.substr(0, 4) == "=== ") {
    const std::size_t line_end = std::min(rest.find('\n'), rest.size());
    const std::string name(rest.substr(4, line_end - 4));
    rest.remove_prefix(std::min(line_end + 1, rest.size()));
    const std::size_t next = std::min(rest.find("\n=== "), rest.size());
    info[name] = std::string(rest.substr(0, next));
    rest.remove_prefix(std::min(next + 1, rest.size()));
  }
  try {
    const envlock::prefix::Manifest manifest = envlock::prefix::parse_manifest(info, "fuzz");
    for (const auto& path : manifest.paths) {
      if (path.path.empty() || path.path.front() == '/' || path.path.find("//") != std::string::npos ||
          ("/" + path.path + "/").find("/../") != std::string::npos) {
        std::abort();
      }
    }
  } catch (const envlock::core::Error&) {
  }
  return 0;
}
