// Any bytes are a conda-meta file or an error; what is understood names no path outside the environment, and is read
// again as it is written. The same bytes as conda-meta/state and history.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/conda_meta.h"

namespace {

using namespace envlock;

bool is_inside(const std::string& path) {
  const std::string framed = "/" + path + "/";
  return !path.empty() && framed.find("//") == std::string::npos && framed.find("/../") == std::string::npos &&
         framed.find("/./") == std::string::npos && path.find('\0') == std::string::npos;
}

void meta(std::string_view text) {
  const std::string name = "foo-1.0-0.json";
  const prefix::InstalledPackage package = prefix::parse_conda_meta(text, name);
  for (const prefix::InstalledPath& path : package.paths) {
    if (!is_inside(path.path)) std::abort();
  }
  if (!(prefix::parse_conda_meta(prefix::format(package), name) == package)) std::abort();
  prefix::append_history(text, {}, {package});
}

void state(std::string_view text) {
  const std::string merged = prefix::merge_state(text, {{"A", "1"}});
  if (prefix::merge_state(merged, {{"A", "1"}}) != merged) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (void (*read)(std::string_view) : {meta, state}) {
    try {
      read(text);
    } catch (const core::Error&) {
    }
  }
  return 0;
}
