#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "envlock/conda/version.h"
#include "envlock/diff/inventory.h"
#include "envlock/pypi/version.h"

namespace envlock::diff {

/// What a text in `depends` asks for. Absent spec: any version will do, or nobody can tell.
struct Depend {
  std::string name;  ///< of pypi: normalized; "" for a requirement that does not hold here (an extra)
  std::optional<conda::MatchSpec> spec;
  std::vector<std::string> extras;                  ///< of pypi
  std::optional<pypi::Specifiers> specifiers = {};  ///< of pypi
};

/// Reads depends, each text once. What the markers of PEP 508 requirements say, extras aside, is taken to hold.
class Depends {
 public:
  const Depend& of(const std::string& text, PackageKind kind);

 private:
  std::map<std::pair<PackageKind, std::string_view>, Depend> known_;
};

/// What an item asks of others: a text, and how it is read.
struct Want {
  const std::string* text = nullptr;
  PackageKind kind = PackageKind::conda;
};
/// All that it asks for, in its order; what the extras of a conda package add comes last. Refers to the item.
std::vector<Want> wants_of(const Item& item);

/// True when the item is known to come without one of the extras that are asked for.
bool lacks_extra(const Depend& depend, const Item& item);

/// False only when the spec certainly does not allow this package.
bool allows(const Depend& depend, const Item& item, const std::optional<conda::Version>& version);
bool allows(const Depend& depend, const conda::VirtualPackage& package);

}  // namespace envlock::diff
