#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "envlock/conda/match_spec.h"
#include "envlock/conda/version.h"
#include "envlock/diff/inventory.h"

namespace envlock::diff {

/// What a text in `depends` asks for. Absent spec: any version will do, or nobody can tell.
struct Depend {
  std::string name;  ///< of pypi: normalized; "" for a requirement that does not hold here (an extra)
  std::optional<conda::MatchSpec> spec;
};

/// Reads depends, each text once. PEP 508 requirements are read as far as their versions are simple comparisons; what
/// their markers say, extras aside, is taken to hold.
class Depends {
 public:
  const Depend& of(const std::string& text, PackageKind kind);

 private:
  std::map<std::pair<PackageKind, std::string_view>, Depend> known_;
};

/// False only when the spec certainly does not allow this package.
bool allows(const Depend& depend, const Item& item, const std::optional<conda::Version>& version);
bool allows(const Depend& depend, const conda::VirtualPackage& package);

}  // namespace envlock::diff
