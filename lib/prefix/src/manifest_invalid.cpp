#include "manifest_invalid.h"

#include <algorithm>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::prefix {

namespace {

constexpr std::size_t kMaxPathBytes = 4096;
constexpr std::size_t kMaxPartBytes = 255;

bool is_safe_part(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.size() <= kMaxPartBytes;
}

}  // namespace

void throw_package_invalid(std::string_view package, std::string_view file, std::string what,
                           std::vector<std::string> why) {
  std::string where = show(file) + " of " + show(package);
  core::Diagnostic diagnostic{.code = "package-invalid",
                              .what = where + " " + std::move(what),
                              .where = {},
                              .why = std::move(why),
                              .hints = {"the package was built wrongly or tampered with: take another build of it"}};
  throw core::Error(std::move(diagnostic));
}

std::string show(std::string_view text) {
  // Appended piece by piece: g++ 12 warns falsely about a character put before a string.
  return std::string(1, '`').append(core::printable(text)).append(1, '`');
}

bool is_safe_relative_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxPathBytes || !core::is_valid_utf8(path)) return false;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(path.begin(), path.end(), is_control)) return false;
  for (;;) {
    const std::size_t slash = path.find('/');
    if (!is_safe_part(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace envlock::prefix
