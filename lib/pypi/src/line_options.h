#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "logical_line.h"

namespace envlock::pypi {

/// Those of pip's options that a line can have here.
enum class LineOption {
  index_url,
  extra_index_url,
  no_index,
  find_links,
  requirement,
  constraint,
  editable,
  no_binary,
  only_binary,
  prefer_binary,
  require_hashes,
  pre,
  trusted_host,
  hash
};

struct GivenOption {
  LineOption option = LineOption::pre;
  std::string name;          ///< as written: "-i"
  std::string value;         ///< with variables' values; "" for one that takes none
  std::size_t at = 0;        ///< of the option, in the line's text
  std::size_t value_at = 0;  ///< of its value
  std::size_t value_end = 0;
};

/// A line's requirement, which comes first, and its options, which pip splits as a shell does.
struct SplitLine {
  std::size_t requirement_end = 0;  ///< text()[0, requirement_end) without white space at its end
  std::vector<GivenOption> options;
};

/// Absent: mistakes "pip-option-unknown", "pip-option-unsupported" or "invalid-requirement" have been appended.
std::optional<SplitLine> split_line(const LogicalLine& line, std::vector<core::Diagnostic>& mistakes);

}  // namespace envlock::pypi
