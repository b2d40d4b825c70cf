#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/diff/diff.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// The answer of `envlock diff`.
struct DiffReport {
  std::vector<std::string> labels;               ///< what was compared, in the order given
  std::vector<std::vector<std::size_t>> groups;  ///< indexes into labels, as diff::group gives them
  /// Of two: how the second differs from the first, empty or not. Of more: how the first of each further group differs
  /// from the first of the largest.
  std::vector<diff::Diff> differences;
  std::vector<std::string> fail_on;         ///< the rules of --fail-on
  std::vector<core::Diagnostic> forbidden;  ///< what they hit

  bool equal() const { return groups.size() < 2; }
};

/// How much a text shows: the first of each cause, or everything.
enum class Rows { few, all };

/// For people, on stdout. Ends with LF. Order: that of diff::Diff.
std::string text_diff(const DiffReport& report, const Style& style, Rows rows);
/// A comment for a pull request: GitHub's and GitLab's Markdown, counts and causes first, everything else folded away.
/// Names, versions and whatever else comes from the files cannot leave their place in it: no link, mention or tag of
/// theirs takes effect. Shorter than the 65,536 characters that GitHub takes.
std::string markdown_diff(const DiffReport& report);
/// The document "envlock-diff" of docs/formats/json.md.
std::string json_diff(const DiffReport& report, const std::vector<core::Note>& notes);

}  // namespace envlock::report
