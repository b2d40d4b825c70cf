#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::pypi {

/// A line of a file, or of a text in environment.yml.
struct PhysicalLine {
  std::string text;
  core::SourceSpan where;  ///< of the line's first character, or of all of it
  /// Does `where` move with the place in the text? Not where YAML has the text in another form.
  bool is_exact = false;
};

/// The lines of a file: `file` as messages name it.
std::vector<PhysicalLine> lines_of_file(const std::string& file, std::string_view text);
/// The lines of a text that stands at `where` in a YAML file, there as it is, in quotes, or folded.
std::vector<PhysicalLine> lines_of_yaml(std::string_view text, const core::SourceSpan& where);

/// A line as pip reads it: joined with those that it continues on by "\", without comment, with its variables' values.
class LogicalLine {
 public:
  /// With the variables' values: for reading, not for showing.
  const std::string& text() const { return text_; }
  /// As written, secrets masked.
  std::string shown() const;
  /// As written: what text()[begin, end) was before variables got their values.
  std::string_view written(std::size_t begin, std::size_t end) const;
  bool has_variable(std::size_t begin, std::size_t end) const;
  /// The place of text()[at]; `length` bytes are underlined, 0: to the end.
  core::SourceSpan place(std::size_t at, std::size_t length = 1) const;
  core::SourceSpan whole() const { return place(0, 0); }

 private:
  /// The part of the written line that came from one physical line.
  struct Part {
    std::size_t begin = 0;   ///< in written_
    std::size_t offset = 0;  ///< in the physical line
    PhysicalLine line;
  };

  std::string text_;
  std::string written_;
  std::vector<std::size_t> origin_;  ///< of each byte of text_, and of its end: where it is in written_
  std::vector<Part> parts_;
  friend class LogicalLineReader;
};

using LookUp = std::function<std::optional<std::string>(std::string_view)>;

/// Appends a mistake "pip-variable-unset" for each ${VARIABLE} that is not set, and leaves its line out.
std::vector<LogicalLine> join_lines(const std::vector<PhysicalLine>& lines, const LookUp& look_up,
                                    std::vector<core::Diagnostic>& mistakes);

}  // namespace envlock::pypi
