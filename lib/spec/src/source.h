#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::spec {

/// The text of one file with its line ends made "\n", and the way from a byte to the place a person sees.
class Source {
 public:
  Source(std::string file, std::string_view utf8);

  const std::string& file() const { return file_; }
  std::string_view text() const { return text_; }
  int line_count() const { return static_cast<int>(starts_.size()); }
  /// 0-based, without its line end; empty beyond the last.
  std::string_view line(int index) const;
  /// 0-based index of the line which holds a byte.
  int line_of(std::size_t offset) const;
  std::size_t line_start(int index) const { return starts_[static_cast<std::size_t>(index)]; }

  /// The place of `length` bytes at `offset`, underlined no further than its line. Secrets of the line are masked; a
  /// line too long to be shown leaves `text` cut or empty, its column stays true.
  core::SourceSpan span(std::size_t offset, std::size_t length) const;
  /// A whole line, 0-based.
  core::SourceSpan line_span(int index) const;
  /// The file as a whole.
  core::SourceSpan whole() const;

 private:
  std::string file_;
  std::string text_;
  std::vector<std::size_t> starts_;

  int column_of(int index, std::size_t before) const;
  // Where the last column was counted to: the items of one line of ten megabytes are asked for one after the other.
  mutable int counted_line_ = -1;
  mutable std::size_t counted_bytes_ = 0;
  mutable int counted_code_points_ = 0;
};

/// "environment.yml:4", for a message that names a second place.
std::string place(const core::SourceSpan& where);

}  // namespace envlock::spec
