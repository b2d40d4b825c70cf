// There and back: what restore_original gives is proved, and a binary keeps its length. The first three bytes choose
// mode and dialect and cut the rest into placeholder, prefix and file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/replacement.h"

using namespace envlock::prefix;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// A prefix is a path of the file system: it has no NUL.
std::string cut(std::string_view& rest, std::size_t bytes) {
  std::string part(rest.substr(0, std::min(bytes, rest.size())));
  rest.remove_prefix(part.size());
  part.erase(std::remove(part.begin(), part.end(), '\0'), part.end());
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
  const Placeholder placeholder{.text = cut(rest, data[1]),
                                .mode = (data[0] & 1) != 0 ? FileMode::binary : FileMode::text};
  const std::string prefix = cut(rest, data[2]);
  const Dialect dialect = static_cast<Dialect>((data[0] >> 1) % 3);
  try {
    const std::string installed = replace_prefix(rest, placeholder, prefix, dialect);
    if (placeholder.mode == FileMode::binary) require(installed.size() == rest.size());
    const auto hash = envlock::core::sha256(rest);
    const auto restored = restore_original(installed, placeholder, prefix, hash);
    if (restored) {
      require(restored->bytes == rest);
      require(replace_prefix(restored->bytes, placeholder, prefix, restored->dialect) == installed);
    }
    guess_original(installed, placeholder, prefix);
  } catch (const envlock::core::Error&) {
    require(placeholder.mode == FileMode::binary);
  }
  // The file as somebody else left it.
  guess_original(rest, placeholder, prefix);
  require(!restore_original(rest, placeholder, prefix, {}));
  return 0;
}
