#include "envlock/diff/diff.h"

namespace envlock::diff {

bool Diff::empty() const {
  return only_from.empty() && only_to.empty() && changes.empty() && facts.empty();
}

}  // namespace envlock::diff
