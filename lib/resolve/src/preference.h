#pragma once

#include <vector>

#include "catalog.h"

namespace envlock::resolve {

/// The order in which records of one name are preferred, as docs/solve.md tells.
class Preference {
 public:
  /// `favored` by record: those come before all others.
  Preference(Catalog& catalog, std::vector<bool> favored);
  /// Sorts records of one name, best first. A total order: equal input in any order gives the same result.
  void sort(std::vector<RecordId>& records);

 private:
  bool is_better(RecordId left, RecordId right);

  Catalog& catalog_;
  std::vector<bool> favored_;
  std::vector<bool> tainted_;
};

}  // namespace envlock::resolve
