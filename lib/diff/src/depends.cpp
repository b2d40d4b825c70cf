#include "depends.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/pypi/requirement.h"
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

/// Source: PEP 508. Of what cannot be read, the name counts.
Depend read_pypi(std::string_view text) {
  Depend depend;
  if (const auto requirement = pypi::Requirement::parse_leniently(text)) {
    if (requirement->marker.asks_for_extra()) return depend;
    depend.name = requirement->name;
    depend.extras = requirement->extras;
    if (requirement->url.empty()) depend.specifiers = requirement->specifiers;
    return depend;
  }
  const std::size_t semicolon = text.find(';');
  const bool has_marker = semicolon != std::string_view::npos;
  if (has_marker && text.substr(semicolon).find("extra") != std::string_view::npos) return depend;
  text = core::trim(text.substr(0, semicolon));
  depend.name = normalized_pypi_name(text.substr(0, text.find_first_of(" =<>![~(@;")));
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

std::vector<Want> wants_of(const Item& item) {
  std::vector<Want> wants;
  wants.reserve(item.depends.size() + item.extra_depends.size());
  for (const std::string& text : item.depends) wants.push_back({&text, item.kind});
  for (const std::string& text : item.extra_depends) wants.push_back({&text, PackageKind::pypi});
  return wants;
}

bool lacks_extra(const Depend& depend, const Item& item) {
  if (!item.extras) return false;
  return std::any_of(depend.extras.begin(), depend.extras.end(), [&](const std::string& extra) {
    return std::find(item.extras->begin(), item.extras->end(), extra) == item.extras->end();
  });
}

bool allows(const Depend& depend, const Item& item, const std::optional<conda::Version>& version) {
  if (depend.specifiers) {
    const auto known = pypi::Version::try_parse(item.version);
    return !known || depend.specifiers->contains(*known, pypi::Prereleases::include);
  }
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
