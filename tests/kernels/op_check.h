// Runs one op of every instruction set in ranges cut in several ways, and holds every output bit against the page.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "envlock/kernels/cpu_kernels.h"
#include "page_math.h"
#include "support/catch.h"

namespace envlock::kernels {

/// The bits of x; every NaN counts as the same one, since which NaN comes out is not specified.
inline std::uint32_t canonical_bits(float x) {
  return std::isnan(x) ? 0x7fc00000u : std::bit_cast<std::uint32_t>(x);
}

enum class Values { plain, special };

/// Numbers of both signs between 2^-7 and 8; with `special` also zeros, infinities, NaNs, subnormal and huge ones.
inline page::Floats random_floats(int count, unsigned seed, Values values = Values::plain) {
  std::mt19937 random(seed);
  page::Floats floats;
  floats.reserve(static_cast<std::size_t>(count));  // exactly, so that a sanitizer sees any read past the end
  for (int i = 0; i < count; ++i) {
    // All 24 bits of the fraction and ten binary orders of magnitude, so that every addition rounds.
    const auto word = static_cast<std::uint32_t>(random());
    const auto plain = std::bit_cast<float>((word & 0x807fffffu) | (120 + word / 0x1000000u % 10) << 23);
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    constexpr float kSpecial[] = {0.0f,     -0.0f,     0x1p-149f,  -0x1.8p-130f,
                                  0x1p126f, -0x1p126f, kInfinity,  -kInfinity,
                                  0x1p-75f, 3e-39f,    0x1.8p-24f, std::numeric_limits<float>::quiet_NaN()};
    const bool take_special = values == Values::special && random() % 4 == 0;
    floats.push_back(take_special ? kSpecial[random() % std::size(kSpecial)] : plain);
  }
  return floats;
}

/// One array that an op writes.
struct Output {
  std::string name;
  page::Floats want;
  /// To which unit of the op's range an element belongs: its row, its column, ...
  std::function<int(int)> unit;
  page::Floats before;  ///< for ops that update in place; empty: anything
};

inline std::function<int(int)> in_rows(int width) {
  return [width](int i) { return i / width; };
}
inline std::function<int(int)> in_columns(int width) {
  return [width](int i) { return i % width; };
}
inline std::function<int(int)> in_elements() {
  return [](int i) { return i; };
}

using RunOp = std::function<void(const CpuKernels&, const std::vector<float*>&, Range)>;

namespace op_check {

constexpr int kMargin = 48;  // more than the widest vector
constexpr float kGuard = 12345.0f;

/// Ways to cut 0 .. count-1; the ranges of each are run in that order.
inline std::vector<std::vector<Range>> cuts(int count) {
  std::vector<std::vector<Range>> ways = {{{0, count}}};
  std::vector<Range> one_by_one, thirds, uneven;
  for (int i = count - 1; i >= 0; --i) one_by_one.push_back({i, i + 1});
  for (int i = 2; i >= 0; --i) thirds.push_back({count * i / 3, count * (i + 1) / 3});
  for (int i = 0, step = 1; i < count; i += step, step += 2) uneven.push_back({i, std::min(count, i + step)});
  if (count <= 300) ways.push_back(one_by_one);
  ways.push_back(thirds);
  ways.push_back(uneven);
  ways.push_back({{count / 3, count - count / 3}});  // a part only: the rest must stay as it was
  return ways;
}

/// "" when all is as it must be; else the first thing that is not.
inline std::string run_once(const CpuKernels& isa, const std::vector<Output>& outputs, const std::vector<Range>& ranges,
                            const RunOp& run) {
  std::vector<page::Floats> memory;
  for (const Output& output : outputs) {
    memory.emplace_back(output.want.size() + 2 * kMargin, kGuard);
    for (std::size_t i = 0; i < output.before.size(); ++i) memory.back()[i + kMargin] = output.before[i];
  }
  std::vector<float*> pointers;
  for (page::Floats& each : memory) pointers.push_back(each.data() + kMargin);
  for (const Range range : ranges) run(isa, pointers, range);
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    const Output& output = outputs[o];
    const int count = static_cast<int>(output.want.size());
    for (int i = -kMargin; i < count + kMargin; ++i) {
      const bool inside = i >= 0 && i < count;
      bool written = false;
      for (const Range range : ranges) {
        written = written || (inside && output.unit(i) >= range.begin && output.unit(i) < range.end);
      }
      const auto at = static_cast<std::size_t>(inside ? i : 0);
      const float untouched = inside && !output.before.empty() ? output.before[at] : kGuard;
      const float want = written ? output.want[at] : untouched;
      const float have = memory[o][static_cast<std::size_t>(i + kMargin)];
      if (canonical_bits(have) == canonical_bits(want)) continue;
      return std::string(isa.name) + " " + output.name + "[" + std::to_string(i) + "] of " + std::to_string(count) +
             ", ranges of " + std::to_string(ranges.front().end - ranges.front().begin) +
             (written ? "" : ", which is not its to write") + ": have " + std::to_string(have) + " want " +
             std::to_string(want);
    }
  }
  return "";
}

}  // namespace op_check

/// Checks an op whose range counts 0 .. count-1.
inline void check_op(int count, const std::vector<Output>& outputs, const RunOp& run) {
  for (const CpuKernels* isa : usable_cpu_kernels()) {
    for (const std::vector<Range>& ranges : op_check::cuts(count)) {
      CHECK(op_check::run_once(*isa, outputs, ranges, run) == "");
    }
  }
}

}  // namespace envlock::kernels
