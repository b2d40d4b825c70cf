#pragma once

#include <string>
#include <vector>

#include "envlock/pypi/requirement.h"
#include "pip_view.h"

namespace envlock::lock {

/// Whether what a platform has under a name is what is asked for.
class PipMatch {
 public:
  PipMatch(const PipCatalog& catalog, const PipView& view) : catalog_(catalog), view_(view) {}

  /// What stands in the way: "locks torch 2.5.1", "the conda part brings numpy 2.1.3", "locks no `torch`"; "" when it
  /// is met. A version that PEP 440 does not know meets only what asks for any.
  std::string fault(const std::string& name, const pypi::Specifiers& specifiers) const;
  /// The same for a whole line: what it means must be there, be of the right kind and place, and have one of its
  /// hashes.
  std::string fault(const PipLine& line, const PipAsk& ask) const;

 private:
  std::string fault_of_place(const PipLine& line, const PipAsk& ask, const LockedDistribution& distribution) const;

  const PipCatalog& catalog_;
  const PipView& view_;
};

/// "torch 2.5.1", fit to be shown.
std::string shown(const LockedDistribution& distribution);

}  // namespace envlock::lock
