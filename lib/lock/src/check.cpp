#include "check.h"

#include "envlock/lock/lock.h"

namespace envlock::lock {

std::vector<core::Diagnostic> check(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input) {
  std::vector<core::Diagnostic> findings;
  check_channels(lock, spec, input, findings);
  check_options(lock, spec, input, findings);
  check_platforms(lock, spec, input, findings);
  check_variables(lock, spec, findings);
  const Catalog catalog(lock.packages);
  check_requests(lock, spec, input, catalog, findings);
  const PipCatalog pip(lock);
  check_pip_requests(lock, spec, input, pip, findings);
  check_packages(lock, catalog, pip, findings);
  check_distributions(pip, findings);
  return findings;
}

}  // namespace envlock::lock
