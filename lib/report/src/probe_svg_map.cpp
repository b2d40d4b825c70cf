// The map of agreement: a column for each op, a row for each step.
#include <fmt/format.h>

#include <algorithm>

#include "probe_svg.h"
#include "probe_words.h"

namespace envlock::report {
namespace {

constexpr double kWidth = 960;
constexpr double kLeft = 64;
constexpr double kRight = 14;
constexpr double kBand = 20;  // the names of the passes, above the cells
constexpr double kGap = 6;    // between the initial state and step 0
constexpr double kMostHeight = 480;
constexpr double kRowHeight = 13;
constexpr double kEqualRowHeight = 3;  // where nothing differs there is nothing to point at
constexpr double kLeastRing = 8;
constexpr double kLetter = 6.3;  // the width that a letter of a band's name takes, at most

/// The part of a step that an op belongs to: neighbours of one share a band.
std::string band_of(const std::string& op) {
  const auto starts = [&](std::string_view prefix) { return op.starts_with(prefix); };
  const auto layer = [&](std::size_t at) { return op.substr(at, op.find('.', at) - at); };
  const auto is_layer = [&](std::size_t at) { return at < op.size() && op[at] >= '0' && op[at] <= '9'; };
  if (starts("data.")) return "data";
  if (starts("lane.")) return "lanes";
  if (starts("fwd.")) return is_layer(4) ? "forward " + layer(4) : op == "fwd.embed" ? "embed" : "head";
  if (starts("loss") || op == "bwd.logits") return "loss";
  if (op == "grad.wte" || op == "grad.wpe") return "embed, backward";
  if (starts("bwd.")) return is_layer(4) ? "backward " + layer(4) : "head, backward";
  if (starts("grad.")) return is_layer(5) ? "backward " + layer(5) : "head, backward";
  if (starts("opt.") || starts("param.")) return "optimiser: moments and parameters";
  return "";
}

class Map {
 public:
  explicit Map(const AgreementMap& map) : map_(map), ops_(*map.step_ops), initial_(*map.initial_ops) {
    const auto columns = static_cast<double>(std::max(ops_.size(), initial_.size()));
    cell_width_ = (kWidth - kLeft - kRight) / columns;
    rows_ = std::max<std::size_t>(map.differs.size(), 1) - 1;
    const bool any = std::any_of(map.differs.begin(), map.differs.end(), [](const std::vector<bool>& row) {
      return std::find(row.begin(), row.end(), true) != row.end();
    });
    cell_height_ = std::clamp(kMostHeight / static_cast<double>(std::max<std::size_t>(rows_, 1)), 1.0,
                              any ? kRowHeight : kEqualRowHeight);
  }

  std::string draw() {
    const double height = y(rows_) + 8;
    std::string drawn = fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n", kWidth,
                                    height, html_text(map_.label));
    drawn += bands() + field() + labels();
    for (std::size_t op = 0; op < initial_.size(); ++op) drawn += initial_cell(op);
    for (std::size_t op = 0; op < ops_.size(); ++op) drawn += column(op);
    return drawn + ring() + "</svg>\n";
  }

 private:
  double x(std::size_t op) const { return kLeft + cell_width_ * static_cast<double>(op); }
  double initial_y() const { return kBand; }
  double y(std::size_t row) const {
    return kBand + std::max(cell_height_, 8.0) + kGap + cell_height_ * static_cast<double>(row);
  }
  bool differs(std::size_t row, std::size_t op) const {
    return row < map_.differs.size() && op < map_.differs[row].size() && map_.differs[row][op];
  }

  /// A rectangle that says what it is to whoever points at it.
  std::string cell(std::size_t op, double top, double height, const char* name, const std::string& title) const {
    return fmt::format(
        "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\"><title>{}</title></rect>\n",
        name, x(op), top, cell_width_, height, html_text(title));
  }

  std::string bands() const {
    std::string drawn;
    bool odd = false;
    for (std::size_t first = 0; first < ops_.size(); odd = !odd) {
      const std::string band = band_of(ops_[first].name);
      std::size_t last = first + 1;
      while (last < ops_.size() && band_of(ops_[last].name) == band) ++last;
      const double width = x(last) - x(first);
      drawn += fmt::format(
          "<rect class=\"{}\" x=\"{:.2f}\" y=\"0\" width=\"{:.2f}\" height=\"{:.0f}\"><title>{}</title></rect>\n",
          odd ? "band odd" : "band", x(first), width, kBand - 4, html_text(band));
      std::string label = band;
      if (static_cast<double>(label.size()) * kLetter > width) label = label.substr(0, label.find_first_of(",:"));
      if (static_cast<double>(label.size()) * kLetter <= width) {
        drawn += fmt::format("<text x=\"{:.1f}\" y=\"12\" text-anchor=\"middle\">{}</text>\n", x(first) + width / 2,
                             html_text(label));
      }
      first = last;
    }
    return drawn;
  }

  std::string field() const {
    std::string drawn =
        fmt::format("<rect class=\"same\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\"/>\n", kLeft,
                    initial_y(), x(initial_.size()) - kLeft, std::max(cell_height_, 8.0));
    drawn += fmt::format("<rect class=\"same\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\"/>\n", kLeft,
                         y(0), x(ops_.size()) - kLeft, cell_height_ * static_cast<double>(rows_));
    // Thin lines between steps, and where a band ends, to find one's way.
    std::string lines;
    for (std::size_t row = 1; row < rows_ && cell_height_ > 4; ++row) {
      lines += fmt::format("M{:.1f} {:.1f}H{:.1f}", kLeft, y(row), x(ops_.size()));
    }
    for (std::size_t op = 1; op < ops_.size(); ++op) {
      if (band_of(ops_[op].name) != band_of(ops_[op - 1].name))
        lines += fmt::format("M{:.2f} {:.1f}V{:.1f}", x(op), y(0), y(rows_));
    }
    return drawn + "<path class=\"cellgrid\" d=\"" + lines + "\"/>\n";
  }

  std::string labels() const {
    const auto label = [](double top, const std::string& text) {
      return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 8, top + 4, text);
    };
    std::string drawn = label(initial_y() + std::max(cell_height_, 8.0) / 2, "initial");
    const std::size_t every = std::max<std::size_t>(static_cast<std::size_t>(11 / cell_height_ + 0.99), 1);
    for (std::size_t row = 0; row < rows_; row += every) drawn += label(y(row) + cell_height_ / 2, std::to_string(row));
    return drawn;
  }

  std::string initial_cell(std::size_t op) const {
    const bool wrong = differs(0, op);
    return cell(op, initial_y(), std::max(cell_height_, 8.0), wrong ? "diff" : "hover",
                initial_[op].name + (wrong ? ": differs" : ": equal"));
  }

  /// Neighbouring steps in which an op differs are one rectangle.
  std::string column(std::size_t op) const {
    std::string drawn = cell(op, y(0), cell_height_ * static_cast<double>(rows_), "hover", ops_[op].name);
    for (std::size_t first = 0; first < rows_;) {
      if (!differs(first + 1, op)) {
        ++first;
        continue;
      }
      std::size_t last = first + 1;
      while (last < rows_ && differs(last + 1, op)) ++last;
      const std::string steps = last - first == 1 ? "step " + std::to_string(first)
                                                  : "steps " + std::to_string(first) + "–" + std::to_string(last - 1);
      drawn += cell(op, y(first), cell_height_ * static_cast<double>(last - first), "diff",
                    ops_[op].name + " differs in " + steps);
      first = last;
    }
    return drawn;
  }

  std::string ring() const {
    for (std::size_t row = 0; row < map_.differs.size(); ++row) {
      const auto found = std::find(map_.differs[row].begin(), map_.differs[row].end(), true);
      if (found == map_.differs[row].end()) continue;
      const auto op = static_cast<std::size_t>(found - map_.differs[row].begin());
      const double height = row == 0 ? std::max(cell_height_, 8.0) : cell_height_;
      const double top = row == 0 ? initial_y() : y(row - 1);
      const std::string& name = row == 0 ? initial_[op].name : ops_[op].name;
      const double width = std::max(cell_width_, kLeastRing) + 6;
      const double tall = std::max(height, kLeastRing) + 6;
      const double left = x(op) + (cell_width_ - width) / 2;
      const std::string words = step_words(static_cast<int>(row) - 1) + ", " + name;
      return fmt::format(
                 "<rect class=\"ring\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"6\">"
                 "<title>{}</title></rect>\n",
                 left, top + (height - tall) / 2, width, tall, html_text("the first that differs: " + words)) +
             callout(row, left, left + width, top, words);
    }
    return {};
  }

  /// Above the ring, where by definition all is equal; of the initial state behind its row.
  std::string callout(std::size_t row, double left, double right, double top, const std::string& words) const {
    const bool initial = row == 0;
    const bool rightwards = initial || left < kWidth / 2;
    const double at = initial ? x(initial_.size()) + 12 : rightwards ? right + 2 : left - 2;
    return fmt::format("<text class=\"callout\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", at,
                       initial ? top + 10 : top - 4, rightwards ? "start" : "end", html_text(words));
  }

  const AgreementMap& map_;
  const std::vector<probe::OpInfo>& ops_;
  const std::vector<probe::OpInfo>& initial_;
  double cell_width_ = 1;
  double cell_height_ = 1;
  std::size_t rows_ = 0;
};

}  // namespace

std::string svg_agreement(const AgreementMap& map) {
  return Map(map).draw();
}

}  // namespace envlock::report
