#pragma once

#include <string>
#include <vector>

#include "catalog.h"
#include "envlock/core/diagnostic.h"
#include "envlock/lock/lock.h"
#include "envlock/spec/spec.h"
#include "pip_view.h"

namespace envlock::lock {

using Findings = std::vector<core::Diagnostic>;

/// The parts of `check`, each in the order of the file that it looks at. A lock is fresh exactly when making it again
/// from the same picks would give the same bytes, and when these picks hold.
void check_channels(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, Findings& findings);
void check_options(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, Findings& findings);
void check_platforms(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, Findings& findings);
void check_variables(const Lock& lock, const spec::Spec& spec, Findings& findings);
/// Each request of the spec: did the lock know it, and is it met on every platform where it holds?
void check_requests(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, const Catalog& catalog,
                    Findings& findings);
/// The lock by itself: depends, constrains, reachability, categories, cut-off.
void check_packages(const Lock& lock, const Catalog& catalog, const PipCatalog& pip, Findings& findings);
/// Each line of the `pip:` lists and what steers them: did the lock know it, and is it met on every platform where it
/// holds?
void check_pip_requests(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, const PipCatalog& pip,
                        Findings& findings);
/// The PyPI half by itself: what distributions require, reachability, categories, extras, cut-off.
void check_distributions(const PipCatalog& pip, Findings& findings);

/// The whole environment.yml, where there is no line to show: for something that is gone.
core::SourceSpan whole_file(const spec::Spec& spec);
/// "numpy 1.26.4 py312heda63a1_0", fit to be shown.
std::string shown(const conda::PackageRecord& record);
/// "`text`", fit to be shown.
std::string quoted(const std::string& text);

}  // namespace envlock::lock
