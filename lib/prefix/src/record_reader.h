#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/prefix/wheel.h"

namespace envlock::prefix {

/// What stands in a RECORD, and the first thing in it that cannot be understood.
struct ReadRecord {
  std::vector<RecordLine> lines;
  std::optional<std::string> problem;  ///< "line 3: ..."
};
ReadRecord read_record(std::string_view text);

}  // namespace envlock::prefix
