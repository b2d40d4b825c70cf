#include "depends.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "item_parts.h"

namespace envlock::diff {
namespace {

std::optional<conda::MatchSpec> try_parse(const std::string& text) {
  try {
    return conda::MatchSpec::parse(text);
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

Depend read_conda(const std::string& text) {
  Depend depend;
  const std::string_view name = core::trim(text);
  depend.name = core::to_lower(name.substr(0, name.find_first_of(" =<>![~")));
  if (depend.name.size() < name.size()) depend.spec = try_parse(text);
  if (depend.spec) depend.name = depend.spec->name;  // "channel::name"
  return depend;
}

/// Source: PEP 508. "name[extra] (>=1.0,<2) ; marker", "name @ url".
Depend read_pypi(std::string_view text) {
  Depend depend;
  const std::size_t semicolon = text.find(';');
  const std::string_view marker = semicolon == std::string_view::npos ? std::string_view() : text.substr(semicolon);
  if (marker.find("extra") != std::string_view::npos) return depend;
  text = core::trim(text.substr(0, semicolon));
  const std::size_t end = std::min(text.find_first_of(" =<>![~(@;"), text.size());
  depend.name = normalized_pypi_name(text.substr(0, end));
  std::string versions;
  std::string_view rest = core::trim(text.substr(end));
  if (rest.starts_with('[')) rest = core::trim(rest.substr(std::min(rest.find(']'), rest.size() - 1) + 1));
  if (rest.empty() || rest.front() == '@') return depend;
  for (const char c : rest) {
    if (c != ' ' && c != '(' && c != ')') versions += c;
  }
  if (versions.find("===") == std::string::npos) depend.spec = try_parse(depend.name + " " + versions);
  return depend;
}

/// The number at the end of a build string, behind its last "_"; 0 where there is none.
std::uint64_t build_number_of(std::string_view build) {
  const std::size_t mark = build.rfind('_');
  const std::string_view digits = mark == std::string_view::npos ? build : build.substr(mark + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

}  // namespace

const Depend& Depends::of(const std::string& text, PackageKind kind) {
  const auto found = known_.find({kind, text});
  if (found != known_.end()) return found->second;
  return known_
      .emplace(std::pair{kind, std::string_view(text)}, kind == PackageKind::conda ? read_conda(text) : read_pypi(text))
      .first->second;
}

bool allows(const Depend& depend, const Item& item, const std::optional<conda::Version>& version) {
  if (!depend.spec || !version) return true;
  if (item.kind == PackageKind::pypi || item.build.empty()) {
    return !depend.spec->version || depend.spec->version->matches(*version);
  }
  return depend.spec->matches(depend.spec->name, *version, item.build, build_number_of(item.build));
}

bool allows(const Depend& depend, const conda::VirtualPackage& package) {
  const auto version = conda::Version::try_parse(package.version);
  if (!depend.spec || !version) return true;
  return depend.spec->matches(package.name, *version, package.build, build_number_of(package.build));
}

}  // namespace envlock::diff
