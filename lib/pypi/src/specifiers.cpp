#include <algorithm>

#include "envlock/core/text.h"
#include "envlock/pypi/version.h"
#include "specifiers_scanner.h"
#include "version_scanner.h"

namespace envlock::pypi {
namespace {

bool equals(const Version& candidate, const Clause& clause) {
  if (clause.wildcard) {
    return VersionAccess::begins_with(candidate, clause.version, clause.version.release().size());
  }
  if (VersionAccess::compare_public(candidate, clause.version) != 0) return false;
  return !clause.version.has_local() || VersionAccess::compare_local(candidate.local(), clause.version.local()) == 0;
}

/// "<2" leaves out the pre-releases of 2, unless it names one itself ("<2rc1").
bool is_less(const Version& candidate, const Version& bound) {
  if (VersionAccess::compare_public(candidate, bound) >= 0) return false;
  return bound.is_prerelease() || !candidate.is_prerelease() ||
         VersionAccess::compare_public(candidate, VersionAccess::first_dev_of(bound)) < 0;
}

/// ">2" leaves out the post releases of 2, unless it names one itself (">2.post1"), and always its local releases.
bool is_greater(const Version& candidate, const Version& bound) {
  if (VersionAccess::compare_public(candidate, bound) <= 0) return false;
  return bound.is_postrelease() || VersionAccess::is_dev(bound) || !candidate.is_postrelease() ||
         !VersionAccess::same_phase(candidate, bound);
}

}  // namespace

bool Clause::contains(const Version& candidate) const {
  switch (op) {
    case Operator::equal:
      return equals(candidate, *this);
    case Operator::not_equal:
      return !equals(candidate, *this);
    case Operator::less:
      return is_less(candidate, version);
    case Operator::less_equal:
      return VersionAccess::compare_public(candidate, version) <= 0;
    case Operator::greater:
      return is_greater(candidate, version);
    case Operator::greater_equal:
      return VersionAccess::compare_public(candidate, version) >= 0;
    case Operator::compatible:
      return VersionAccess::compare_public(candidate, version) >= 0 &&
             VersionAccess::begins_with(candidate, version, version.release().size() - 1);
    case Operator::arbitrary:
      return core::to_lower(candidate.format()) == arbitrary;
  }
  return false;
}

Specifiers Specifiers::parse(std::string_view text) {
  Specifiers specifiers;
  if (const std::optional<Problem> problem = scan_specifiers(text, specifiers)) {
    throw_invalid("invalid-specifier", "is not a version specifier of PEP 440", text, *problem,
                  "write clauses such as `>=1.26,<2`, `==2.5.*` or `~=4.2`");
  }
  return specifiers;
}

bool Specifiers::contains(const Version& version, Prereleases prereleases) const {
  if (prereleases == Prereleases::exclude && version.is_prerelease()) return false;
  return std::all_of(clauses_.begin(), clauses_.end(), [&](const Clause& clause) { return clause.contains(version); });
}

bool Specifiers::names_prerelease() const {
  return std::any_of(clauses_.begin(), clauses_.end(), [](const Clause& clause) {
    return clause.op != Operator::not_equal && clause.version.is_prerelease();
  });
}

std::optional<Version> Specifiers::exact() const {
  if (clauses_.size() != 1) return std::nullopt;
  const Clause& clause = clauses_.front();
  if (clause.op == Operator::equal && !clause.wildcard) return clause.version;
  if (clause.op == Operator::arbitrary) return Version::try_parse(clause.arbitrary);
  return std::nullopt;
}

std::string Specifiers::format() const {
  std::string text;
  for (const Clause& clause : clauses_) {
    if (!text.empty()) text += ',';
    text += clause.format();
  }
  return text;
}

bool Specifiers::operator==(const Specifiers& other) const {
  return clauses_.size() == other.clauses_.size() && format() == other.format();
}

}  // namespace envlock::pypi
