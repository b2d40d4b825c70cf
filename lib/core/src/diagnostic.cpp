#include "envlock/core/diagnostic.h"

#include <algorithm>
#include <utility>

namespace envlock::core {

Error::Error(Diagnostic diagnostic) : Error(std::vector<Diagnostic>{std::move(diagnostic)}) {}

Error::Error(std::vector<Diagnostic> diagnostics) : diagnostics_(std::move(diagnostics)) {
  if (diagnostics_.empty())
    diagnostics_.push_back({.code = "internal-error", .what = "an error without a description"});
  message_ = diagnostics_.front().code + ": " + diagnostics_.front().what;
}

void Notes::append(const Notes& other) {
  for (const Note& note : other.all_) {
    if (std::find(all_.begin(), all_.end(), note) == all_.end()) all_.push_back(note);
  }
}

}  // namespace envlock::core
