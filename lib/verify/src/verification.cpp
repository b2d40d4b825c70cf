#include <algorithm>

#include "envlock/verify/verify.h"

namespace envlock::verify {

std::size_t Verification::count(Weight weight) const {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(),
                                                [&](const Finding& finding) { return finding.weight == weight; }));
}

std::size_t Verification::weak_packages() const {
  return static_cast<std::size_t>(std::count_if(packages.begin(), packages.end(), [](const PackageVerdict& verdict) {
    return verdict.proof == Proof::record || verdict.proof == Proof::none;
  }));
}

Answer answer(const Verification& verification, bool allow_weak) {
  if (verification.count(Weight::fault) > 0) return Answer::no;
  if (verification.count(Weight::unknown) > 0) return Answer::unknown;
  if (verification.against_lock && !allow_weak && verification.weak_packages() > 0) return Answer::unknown;
  return Answer::yes;
}

}  // namespace envlock::verify
