#include "distance.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "envlock/conda/version.h"

namespace envlock::diff {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The number at the start of a part, without leading zeros; "0" where there is none. Text, for no number overflows.
std::string_view number_of(std::string_view part) {
  const std::size_t begin = std::min(part.find_first_not_of('0'), part.size());
  std::size_t end = begin;
  while (end < part.size() && is_digit(part[end])) ++end;
  return end == begin ? std::string_view("0") : part.substr(begin, end - begin);
}

struct Parts {
  std::string_view epoch = "0";
  std::vector<std::string_view> release;
};

Parts parts_of(std::string_view version) {
  Parts parts;
  if (version.starts_with('v')) version.remove_prefix(1);
  if (const std::size_t mark = version.find('!'); mark != std::string_view::npos) {
    parts.epoch = number_of(version.substr(0, mark));
    version.remove_prefix(mark + 1);
  }
  version = version.substr(0, version.find('+'));
  while (true) {
    const std::size_t end = std::min(version.find_first_of(".-_"), version.size());
    parts.release.push_back(version.substr(0, end));
    if (end == version.size()) return parts;
    version.remove_prefix(end + 1);
  }
}

}  // namespace

std::weak_ordering compare_versions(const std::string& left, const std::string& right) {
  const auto one = conda::Version::try_parse(left);
  const auto other = conda::Version::try_parse(right);
  if (one && other) return *one <=> *other;
  return left.compare(right) <=> 0;
}

Distance distance_between(std::string_view left, std::string_view right) {
  const Parts from = parts_of(left);
  const Parts to = parts_of(right);
  if (from.epoch != to.epoch) return Distance::major;
  constexpr Distance kByPart[] = {Distance::major, Distance::minor, Distance::patch};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string_view one = i < from.release.size() ? number_of(from.release[i]) : "0";
    const std::string_view other = i < to.release.size() ? number_of(to.release[i]) : "0";
    if (one != other) return kByPart[i];
    // "0rc1" and "0b2": what stands behind such a part counts no more.
    const auto is_plain = [](const std::vector<std::string_view>& release, std::size_t part) {
      return part >= release.size() || std::all_of(release[part].begin(), release[part].end(), is_digit);
    };
    if (!is_plain(from.release, i) || !is_plain(to.release, i)) break;
  }
  return Distance::other;
}

}  // namespace envlock::diff
