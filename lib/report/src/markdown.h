#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::report {

/// Text from outside as a code span, which nothing in it can leave, in a table or elsewhere: secrets masked, controls
/// escaped; the few characters that a span cannot hold (backtick, backslash) become others that look alike. "" stays
/// "".
std::string markdown_code(std::string_view text);
/// A sentence of ours, in which `backticks` stand around text from outside.
std::string markdown_words(std::string_view text);

/// A table of cells that are Markdown already. The first column is to the left, those of numbers to the right.
class MarkdownTable {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit MarkdownTable(std::vector<Column> columns);
  /// False, and nothing is added, when the table would be longer than `room` bytes.
  bool add(const std::vector<std::string>& cells, std::size_t room = std::string::npos);
  const std::string& draw() const { return text_; }

 private:
  std::string text_;
};

}  // namespace envlock::report
