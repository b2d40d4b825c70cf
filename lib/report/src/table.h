#pragma once

#include <string>
#include <vector>

#include "envlock/report/report.h"

namespace envlock::report {

/// Rows of cells, columns aligned by what a terminal shows, two spaces between. Cells must be fit for a terminal
/// (`shown`) and free of color codes.
class Table {
 public:
  enum class Align { left, right };

  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// The first row is a header, drawn bold.
  std::string draw_with_header(const Style& style) const;
  std::string draw(const std::string& indent) const;

 private:
  std::vector<std::string> lines() const;

  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace envlock::report
