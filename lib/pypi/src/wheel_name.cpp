#include <algorithm>
#include <array>
#include <charconv>

#include "ascii.h"
#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/tags.h"

namespace envlock::pypi {
namespace {

/// "py2.py3" as its parts. Absent: a part is empty or holds what no tag can.
std::optional<std::vector<std::string>> parse_tag_set(std::string_view text) {
  std::vector<std::string> tags;
  for (const std::string_view tag : core::split(text, '.')) {
    const auto may_be_in_a_tag = [](char c) { return ascii::is_alphanumeric(c) || c == '_'; };
    if (tag.empty() || !std::all_of(tag.begin(), tag.end(), may_be_in_a_tag)) return std::nullopt;
    tags.push_back(core::to_lower(tag));
  }
  return tags;
}

/// "1local": a number, then any text. Absent when there is no number, or one that 64 bits cannot hold.
std::optional<std::pair<std::uint64_t, std::string>> parse_build(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return std::nullopt;
  return std::pair(number, std::string(stop, end));
}

/// Old builders wrote every character but letters, digits and "." as "_": "1.0_1" is "1.0-1". Where "_" separates
/// parts in any case, "-" means the same.
std::string unescape_version(std::string_view text) {
  std::string version(text);
  std::replace(version.begin(), version.end(), '_', '-');
  return version;
}

bool may_be_a_version(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return ascii::is_alphanumeric(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '!';
  });
}

}  // namespace

std::optional<WheelName> parse_wheel_name(std::string_view file_name) {
  if (!file_name.ends_with(".whl")) return std::nullopt;
  file_name.remove_suffix(4);
  const std::vector<std::string_view> parts = core::split(file_name, '-');
  if (parts.size() != 5 && parts.size() != 6) return std::nullopt;
  if (!is_valid_name(parts[0]) || !may_be_a_version(parts[1])) return std::nullopt;
  WheelName wheel{.name = normalize_name(parts[0]), .version = unescape_version(parts[1])};
  if (parts.size() == 6) {
    wheel.build = parse_build(parts[2]);
    if (!wheel.build) return std::nullopt;
  }
  auto pythons = parse_tag_set(parts[parts.size() - 3]);
  auto abis = parse_tag_set(parts[parts.size() - 2]);
  auto platforms = parse_tag_set(parts[parts.size() - 1]);
  if (!pythons || !abis || !platforms) return std::nullopt;
  wheel.pythons = std::move(*pythons);
  wheel.abis = std::move(*abis);
  wheel.platforms = std::move(*platforms);
  return wheel;
}

std::optional<std::string> parse_sdist_version(std::string_view file_name, std::string_view name) {
  // PEP 625 names the first; the others are those that pip unpacks.
  static constexpr std::array<std::string_view, 11> kEndings{
      ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tbz", ".txz", ".tar.lz", ".tlz", ".tar.lzma", ".tar"};
  const std::string lower = core::to_lower(file_name);
  const auto* ending =
      std::find_if(kEndings.begin(), kEndings.end(), [&](std::string_view text) { return lower.ends_with(text); });
  if (ending == kEndings.end()) return std::nullopt;
  file_name.remove_suffix(ending->size());
  // The name may hold "-" as well: the first cut that leaves the project's name is the one, as in pip.
  for (std::size_t cut = file_name.find('-'); cut != std::string_view::npos; cut = file_name.find('-', cut + 1)) {
    if (normalize_name(file_name.substr(0, cut)) != name) continue;
    const std::string_view version = file_name.substr(cut + 1);
    if (!may_be_a_version(version)) return std::nullopt;
    return std::string(version);
  }
  return std::nullopt;
}

}  // namespace envlock::pypi
