#pragma once

#include <string>

namespace envlock::report {

/// "the BLAS of `numpy`", "torch (`as-found`)", "`numpy`".
std::string subject_words(const std::string& tier, const std::string& subject);

}  // namespace envlock::report
