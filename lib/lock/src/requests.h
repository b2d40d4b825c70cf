#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/platform.h"
#include "envlock/conda/request.h"
#include "envlock/spec/spec.h"

namespace envlock::lock {

/// The one text of a spec that a lock holds: equal for specs that mean the same, however they were written, and free of
/// secrets. "numpy >=1.20,<2" where that is enough, else CEP 29's canonical form.
std::string canonical_text(const conda::MatchSpec& spec);

/// A request as a lock keeps it: canonical text, no place.
conda::Request canonical(const conda::Request& request);

/// The order of Lock::requests: name, text, selector, category, implied by.
bool comes_before(const conda::Request& left, const conda::Request& right);

/// What a lock for these platforms is asked: every line, and what the lines imply on one of the platforms, as written
/// and in that order, without repetitions. An implied request that not all platforms share says which in its selector.
std::vector<conda::Request> requests_of(const spec::Spec& spec, const std::vector<conda::Platform>& platforms);

/// Those of a lock's requests that hold on a subdir.
std::vector<const conda::Request*> requests_on(const std::vector<conda::Request>& requests, std::string_view subdir);

}  // namespace envlock::lock
