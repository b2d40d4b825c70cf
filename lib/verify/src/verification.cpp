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

}  // namespace envlock::verify
