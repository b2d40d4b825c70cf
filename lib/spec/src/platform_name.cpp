#include "platform_name.h"

#include "envlock/conda/platform.h"
#include "envlock/core/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace envlock::spec {
namespace {

// What other tools call them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kOtherNames = {{
    {"linux", "linux-64"},         {"linuxx8664", "linux-64"},
    {"linuxamd64", "linux-64"},    {"linuxarm64", "linux-aarch64"},
    {"linuxarm", "linux-aarch64"}, {"linuxppc64el", "linux-ppc64le"},
    {"macos", "osx-64"},           {"macosarm64", "osx-arm64"},
    {"macosaarch64", "osx-arm64"}, {"macosx8664", "osx-64"},
    {"macos64", "osx-64"},         {"darwinarm64", "osx-arm64"},
    {"darwinx8664", "osx-64"},     {"darwinamd64", "osx-64"},
    {"osxaarch64", "osx-arm64"},   {"osx", "osx-64"},
    {"osxx8664", "osx-64"},        {"win", "win-64"},
    {"windows", "win-64"},         {"winamd64", "win-64"},
}};

std::string letters_and_digits(std::string_view text) {
  std::string out;
  for (const char c : core::to_lower(text)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) out += c;
  }
  return out;
}

std::optional<std::string> meant_subdir(std::string_view name) {
  const std::string bare = letters_and_digits(name);
  for (const std::string& subdir : conda::known_subdirs()) {
    if (letters_and_digits(subdir) == bare) return subdir;
  }
  for (const auto& [other, subdir] : kOtherNames) {
    if (other == bare) return std::string(subdir);
  }
  // "linux-64-a" is a profile of linux-64, not a slip of the pen.
  for (const std::string& subdir : conda::known_subdirs()) {
    if (name.substr(0, subdir.size() + 1) == subdir + "-") return std::nullopt;
  }
  return core::closest_match(name, conda::known_subdirs());
}

}  // namespace

std::optional<core::Diagnostic> check_platform_name(std::string_view name) {
  if (conda::is_known_subdir(name)) return std::nullopt;
  core::Diagnostic diagnostic{.code = "unknown-platform", .what = {}, .where = {}, .why = {}, .hints = {}};
  if (name == "noarch") {
    diagnostic.what = "`noarch` is not a platform to lock for";
    diagnostic.why = {"its packages go with every platform"};
    diagnostic.hints = {"name the platforms themselves, for example `linux-64`"};
    return diagnostic;
  }
  const auto is_profile_character = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  const bool may_be_profile = !name.empty() && name.size() <= 100 && name.front() != '-' && name.front() != '.' &&
                              std::all_of(name.begin(), name.end(), is_profile_character);
  const auto meant = meant_subdir(name);
  if (may_be_profile && !meant) return std::nullopt;
  diagnostic.what = "`" + core::printable(name, 60) + "` is not a platform";
  diagnostic.hints = {meant ? "did you mean `" + *meant + "`?"
                            : "known are " + core::join(conda::known_subdirs(), ", ") +
                                  ", and the profiles of envlock.toml"};
  return diagnostic;
}

}  // namespace envlock::spec
