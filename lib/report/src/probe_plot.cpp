#include "probe_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

#include "envlock/probe/float_text.h"
#include "paint.h"

namespace envlock::report {
namespace {

constexpr std::size_t kMostColumns = 60;
constexpr std::size_t kMostColumnsAStep = 10;
constexpr int kLabelWidth = 9;

struct Range {
  double low = 0;
  double high = 0;
};

std::optional<Range> range_of(const std::vector<double>& values) {
  std::optional<Range> range;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    if (!range) range = Range{value, value};
    range->low = std::min(range->low, value);
    range->high = std::max(range->high, value);
  }
  return range;
}

/// The line of each column, from the top; absent where a number is not finite.
std::vector<std::optional<int>> curve_rows(const std::vector<double>& values, const Range& range, std::size_t width,
                                           int rows) {
  std::vector<std::optional<int>> all;
  for (std::size_t column = 0; column < width; ++column) {
    const double at = values.size() == 1 ? 0
                                         : static_cast<double>(column) * static_cast<double>(values.size() - 1) /
                                               static_cast<double>(width - 1);
    const auto left = static_cast<std::size_t>(at);
    const std::size_t right = std::min(left + 1, values.size() - 1);
    const double value = values[left] + (values[right] - values[left]) * (at - static_cast<double>(left));
    const double height = range.high > range.low ? (range.high - value) / (range.high - range.low) : 0;
    if (std::isfinite(height)) {
      all.emplace_back(static_cast<int>(height * (rows - 1) + 0.5));
    } else {
      all.emplace_back(std::nullopt);
    }
  }
  return all;
}

/// The curve's strokes: a canvas of `rows` lines.
std::vector<std::vector<std::string>> strokes(const std::vector<std::optional<int>>& curve, int rows) {
  std::vector<std::vector<std::string>> canvas(static_cast<std::size_t>(rows),
                                               std::vector<std::string>(curve.size(), " "));
  const auto put = [&](int row, std::size_t column, const char* stroke) {
    canvas[static_cast<std::size_t>(row)][column] = stroke;
  };
  for (std::size_t column = 0; column < curve.size(); ++column) {
    if (!curve[column]) continue;
    const int here = *curve[column];
    const int before = column > 0 ? curve[column - 1].value_or(here) : here;
    if (before == here) {
      put(here, column, "─");
      continue;
    }
    const bool falls = here > before;
    put(before, column, falls ? "╮" : "╯");
    put(here, column, falls ? "╰" : "╭");
    for (int row = std::min(before, here) + 1; row < std::max(before, here); ++row) put(row, column, "│");
  }
  return canvas;
}

/// How much of a step differs: a dot is nothing, a full block everything.
std::string share_mark(std::uint64_t differing, std::uint64_t all) {
  constexpr std::array<const char*, 7> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇"};
  if (differing == 0) return "·";
  return differing >= all ? "█" : kBlocks[differing * kBlocks.size() / all];
}

std::string ulp_mark(std::uint64_t ulp) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  return ulp == 0 ? "·" : std::string(1, kDigits[static_cast<std::size_t>(log2_floor(ulp))]);
}

}  // namespace

int log2_floor(std::uint64_t number) {
  return static_cast<int>(std::bit_width(number)) - 1;
}

StepColumns step_columns(std::size_t steps) {
  StepColumns columns;
  columns.steps = steps;
  columns.columns_a_step =
      std::clamp<std::size_t>(kMostColumns / std::max<std::size_t>(steps, 1), 1, kMostColumnsAStep);
  columns.steps_a_column = std::max<std::size_t>((steps + kMostColumns - 1) / kMostColumns, 1);
  return columns;
}

std::string step_axis(const StepColumns& columns) {
  std::string line;
  std::size_t every = 1;
  for (const std::size_t step : {1u, 2u, 5u, 10u, 20u, 50u, 100u, 200u, 500u, 1000u, 2000u, 5000u, 10000u}) {
    every = step;
    if (columns.column(columns.steps) < 5 || step * columns.columns_a_step / columns.steps_a_column >= 5) break;
  }
  for (std::size_t step = 0; step < columns.steps; step += every) {
    const std::size_t at = columns.column(step);
    if (at < line.size()) continue;
    line += std::string(at - line.size(), ' ') + std::to_string(step) + " ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string draw_losses(const std::vector<std::uint32_t>& losses, int rows, const std::string& indent,
                        const Style& style) {
  std::vector<double> values;
  for (const std::uint32_t bits : losses) values.push_back(probe::widen(bits));
  const std::optional<Range> range = range_of(values);
  if (!range) return losses.empty() ? "" : indent + "no loss is a finite number\n";
  const StepColumns columns = step_columns(values.size());
  const auto canvas = strokes(curve_rows(values, *range, std::max<std::size_t>(columns.width(), 2), rows), rows);
  std::string drawn;
  for (int row = 0; row < rows; ++row) {
    const bool labelled = row == 0 || row == rows - 1 || (row == (rows - 1) / 2 && rows >= 5);
    const double value = range->high - (range->high - range->low) * row / (rows - 1);
    std::string line;
    for (const std::string& stroke : canvas[static_cast<std::size_t>(row)]) line += stroke;
    line.erase(line.find_last_not_of(' ') + 1);
    const std::string label = labelled ? fmt::format("{:>{}.4f}", value, kLabelWidth) : std::string(kLabelWidth, ' ');
    drawn +=
        indent + paint(label + (labelled ? " ┤" : " │"), Color::dim, style) + paint(line, Color::cyan, style) + "\n";
  }
  drawn += indent + paint(fmt::format("{:>{}}  {}", "step", kLabelWidth, step_axis(columns)), Color::dim, style) + "\n";
  return drawn;
}

std::string draw_agreement(const std::vector<probe::StepAgreement>& steps, const std::string& indent,
                           const Style& style) {
  std::vector<probe::StepAgreement> trained;
  for (const probe::StepAgreement& step : steps) {
    if (step.step >= 0) trained.push_back(step);
  }
  if (trained.empty()) return {};
  const StepColumns columns = step_columns(trained.size());
  std::string equal;
  std::string loss;
  for (std::size_t first = 0; first < trained.size(); first += columns.steps_a_column) {
    // Steps that share a column show the worst of them.
    probe::StepAgreement worst = trained[first];
    for (std::size_t i = first; i < std::min(first + columns.steps_a_column, trained.size()); ++i) {
      worst.equal_ops = std::min(worst.equal_ops, trained[i].equal_ops);
      worst.loss_ulp = std::max(worst.loss_ulp, trained[i].loss_ulp);
    }
    std::string block;
    for (std::size_t i = 0; i < columns.columns_a_step; ++i)
      block += share_mark(worst.ops - worst.equal_ops, worst.ops);
    equal += paint(block, worst.equal_ops == worst.ops ? Color::green : Color::red, style);
    loss += paint(ulp_mark(worst.loss_ulp), worst.loss_ulp == 0 ? Color::green : Color::red, style) +
            std::string(columns.columns_a_step - 1, ' ');
  }
  loss.erase(loss.find_last_not_of(' ') + 1);
  const auto label = [&](const char* text) {
    return paint(fmt::format("{:>{}}  ", text, kLabelWidth), Color::dim, style);
  };
  return indent + label("digests") + equal + "\n" + indent + label("loss") + loss + "\n" + indent +
         paint(fmt::format("{:>{}}  {}", "step", kLabelWidth, step_axis(columns)), Color::dim, style) + "\n";
}

}  // namespace envlock::report
