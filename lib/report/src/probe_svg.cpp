#include "probe_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "envlock/probe/float_text.h"
#include "envlock/report/units.h"
#include "paint.h"
#include "probe_plot.h"
#include "probe_words.h"

namespace envlock::report {
namespace {

constexpr double kWidth = 960;
constexpr double kLeft = 64;
constexpr double kRight = 14;
constexpr double kTop = 12;
constexpr double kAxis = 34;  // below a plot: step numbers and their title
constexpr double kPlotWidth = kWidth - kLeft - kRight;

std::string open_svg(double height, const std::string& label) {
  return fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n", kWidth, height,
                     html_text(label));
}

std::string label_at(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, html_text(text));
}

std::string rule(double x1, double y1, double x2, double y2, const char* name) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", name, x1, y1, x2,
                     y2);
}

/// How many steps lie between two that are numbered.
std::size_t numbered_every(std::size_t steps) {
  for (const std::size_t every : {1u, 2u, 5u, 10u, 20u, 50u, 100u, 200u, 500u, 1000u}) {
    if (steps <= 20 * every) return every;
  }
  return 10'000;
}

/// Where the steps stand from left to right.
struct StepScale {
  std::size_t steps = 1;

  double x(std::size_t step) const {
    if (steps < 2) return kLeft + kPlotWidth / 2;
    return kLeft + kPlotWidth * static_cast<double>(step) / static_cast<double>(steps - 1);
  }
  std::string axis(double bottom) const {
    std::string drawn = rule(kLeft, bottom, kWidth - kRight, bottom, "axis");
    for (std::size_t step = 0; step < steps; step += numbered_every(steps)) {
      drawn += label_at(x(step), bottom + 15, "middle", std::to_string(step));
    }
    return drawn + label_at(kLeft + kPlotWidth / 2, bottom + 30, "middle", "step");
  }
};

std::string color_class(int color) {
  return "c" + std::to_string(color % 8);
}

/// One stroke through points, broken where one is missing.
std::string path(const std::vector<std::optional<std::pair<double, double>>>& points) {
  std::string d;
  bool drawing = false;
  for (const auto& point : points) {
    if (point) d += fmt::format("{}{:.1f} {:.1f}", drawing ? "L" : "M", point->first, point->second);
    drawing = point.has_value();
  }
  return d;
}

std::string dot(double x, double y, const std::string& color, double radius, const std::string& title) {
  return fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"><title>{}</title></circle>\n",
                     color, x, y, radius, html_text(title));
}

/// The first curve is broad and pale, the others are dashes that leave gaps for each other: curves that coincide can
/// all be seen.
std::string stroke(std::size_t index, std::size_t curves) {
  if (curves == 1) return " stroke-width=\"2.5\"";
  if (index == 0) return " stroke-width=\"7\" stroke-opacity=\"0.4\"";
  constexpr std::size_t kDash = 9;
  const std::size_t others = curves - 1;
  return fmt::format(
      " stroke-width=\"2.5\" style=\"stroke-linecap: butt; stroke-dasharray: {} {}; stroke-dashoffset: -{}\"", kDash,
      kDash * std::max<std::size_t>(others - 1, 1), kDash * (index - 1));
}

double log2_of(std::uint64_t ulp) {
  const int whole = log2_floor(ulp);
  return whole + static_cast<double>(ulp) / static_cast<double>(std::uint64_t{1} << whole) - 1;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string escaped;
  for (const char c : shown(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string svg_losses(const std::vector<Curve>& curves) {
  constexpr double kHeight = 300;
  constexpr double kBottom = kHeight - kAxis;
  constexpr int kTicks = 5;
  double low = 0;
  double high = 0;
  bool found = false;
  StepScale scale;
  for (const Curve& curve : curves) {
    scale.steps = std::max(scale.steps, curve.losses.size());
    for (const std::uint32_t bits : curve.losses) {
      const double value = probe::widen(bits);
      if (!std::isfinite(value)) continue;
      low = found ? std::min(low, value) : value;
      high = found ? std::max(high, value) : value;
      found = true;
    }
  }
  if (!found) return "<p>No loss is a finite number.</p>\n";
  const double margin = high > low ? (high - low) * 0.05 : 1;
  low -= margin;
  high += margin;
  const auto y = [&](double value) { return kTop + (kBottom - kTop) * (high - value) / (high - low); };
  std::string drawn = open_svg(kHeight, "loss by step");
  for (int i = 0; i < kTicks; ++i) {
    const double value = low + margin + (high - low - 2 * margin) * i / (kTicks - 1);
    drawn += rule(kLeft, y(value), kWidth - kRight, y(value), "grid");
    drawn += label_at(kLeft - 8, y(value) + 4, "end", fmt::format("{:.3f}", value));
  }
  drawn += scale.axis(kBottom);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const Curve& curve = curves[i];
    const std::string color = color_class(curve.color);
    std::vector<std::optional<std::pair<double, double>>> points;
    std::string dots;
    for (std::size_t step = 0; step < curve.losses.size(); ++step) {
      const std::uint32_t bits = curve.losses[step];
      const double value = probe::widen(bits);
      points.emplace_back(std::nullopt);
      if (!std::isfinite(value)) continue;
      points.back() = {scale.x(step), y(value)};
      dots += dot(scale.x(step), y(value), "dot " + color, 4.5,
                  curve.name + ", step " + std::to_string(step) + ": " + probe::decimal_float(bits) + " " +
                      probe::hex_float(bits));
    }
    drawn += fmt::format("<path class=\"curve {}\"{} d=\"{}\"/>\n", color, stroke(i, curves.size()), path(points));
    drawn += dots;
  }
  return drawn + "</svg>\n";
}

std::string svg_distances(const std::vector<Distance>& distances) {
  constexpr double kHeight = 190;
  constexpr double kBottom = kHeight - kAxis;
  StepScale scale;
  std::uint64_t most = 0;
  for (const Distance& distance : distances) {
    scale.steps = std::max(scale.steps, distance.ulp.size());
    for (const std::uint64_t ulp : distance.ulp) most = std::max(most, ulp);
  }
  // 0 at the bottom, then 1 ulp, 2, 4, ...: each a power of two apart.
  const double levels = most == 0 ? 2 : std::max(2.0, log2_of(most) + 1);
  const auto height = [&](std::uint64_t ulp) {
    return kBottom - (ulp == 0 ? 0 : (kBottom - kTop) * (log2_of(ulp) + 1) / levels);
  };
  std::string drawn = open_svg(kHeight, "distance of the losses in ulp, by step");
  const int every = levels > 8 ? static_cast<int>(levels / 6) : 1;
  for (int power = 0; power + 1 <= static_cast<int>(levels); power += every) {
    const std::uint64_t ulp = std::uint64_t{1} << power;
    drawn += rule(kLeft, height(ulp), kWidth - kRight, height(ulp), "grid");
    drawn += label_at(kLeft - 8, height(ulp) + 4, "end", power <= 13 ? format_count(ulp) : fmt::format("2^{}", power));
  }
  drawn += label_at(kLeft - 8, kBottom + 4, "end", "equal") + scale.axis(kBottom);
  for (const Distance& distance : distances) {
    const std::string color = color_class(distance.color);
    std::vector<std::optional<std::pair<double, double>>> points;
    std::string dots;
    for (std::size_t step = 0; step < distance.ulp.size(); ++step) {
      const std::uint64_t ulp = distance.ulp[step];
      points.emplace_back(std::pair(scale.x(step), height(ulp)));
      dots += dot(scale.x(step), height(ulp), "mark " + color, ulp == 0 ? 2 : 4,
                  distance.name + ", step " + std::to_string(step) + ": " +
                      (ulp == 0 ? std::string("equal") : format_count(ulp) + " ulp"));
    }
    drawn += fmt::format("<path class=\"curve {}\" stroke-width=\"1.5\" d=\"{}\"/>\n", color, path(points)) + dots;
  }
  return drawn + "</svg>\n";
}

}  // namespace envlock::report
