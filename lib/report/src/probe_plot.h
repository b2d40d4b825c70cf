// Curves and strips of characters, for a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "envlock/probe/compare.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// How many columns a step takes, and how many steps share one.
struct StepColumns {
  std::size_t steps = 0;
  std::size_t columns_a_step = 1;
  std::size_t steps_a_column = 1;

  std::size_t width() const { return columns_a_step * ((steps + steps_a_column - 1) / steps_a_column); }
  /// The first column of a step.
  std::size_t column(std::size_t step) const { return step / steps_a_column * columns_a_step; }
};
StepColumns step_columns(std::size_t steps);

/// A line of numbers under a plot: "0    5    10   15  19", each at its step.
std::string step_axis(const StepColumns& columns);

/// The losses (as bits) of steps 0, 1, ...: a curve of `rows` lines with its axes. Numbers that are not finite leave a
/// gap. Every line is indented and ends with LF.
std::string draw_losses(const std::vector<std::uint32_t>& losses, int rows, const std::string& indent,
                        const Style& style);

/// Two lines, a character or more for each step: which share of the digests is equal, and how far the losses are apart.
/// `steps` begins with the initial state, which is left out.
std::string draw_agreement(const std::vector<probe::StepAgreement>& steps, const std::string& indent,
                           const Style& style);

/// floor(log2(number)) of a number that is not 0.
int log2_floor(std::uint64_t number);

}  // namespace envlock::report
