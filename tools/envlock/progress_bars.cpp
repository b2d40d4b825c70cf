#include "progress_bars.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>

#include "envlock/core/text.h"
#include "envlock/report/units.h"

namespace envlock::tools {
namespace {

using namespace std::chrono_literals;
using report::format_bytes;

constexpr auto kPatience = 500ms;
constexpr auto kRedraw = 80ms;
constexpr auto kLineEvery = 10s;
constexpr std::size_t kMostBars = 6;
constexpr int kLongestLabel = 40;

/// Lines of bars on the screen now; the signal handler reads it, so it is not a member.
std::atomic<int> g_lines_on_screen = 0;

void to_stderr(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = write(STDERR_FILENO, bytes.data(), bytes.size());
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

using Unit = core::Progress::Unit;

std::string counted(std::uint64_t number, Unit unit) {
  switch (unit) {
    case Unit::bytes:
      return format_bytes(number);
    case Unit::steps:
      return report::count_of(number, "step");
    case Unit::seconds:
      return report::format_count(number) + " s";
  }
  return "";
}

std::string amount(std::uint64_t done, std::uint64_t total, Unit unit) {
  if (total == 0) return done == 0 ? "" : counted(done, unit);
  const std::uint64_t shown = std::min(done, total);
  return fmt::format("{} of {}", unit == Unit::bytes ? format_bytes(shown) : report::format_count(shown),
                     counted(total, unit));
}

}  // namespace

ProgressBars::ProgressBars(Mode mode, report::Style style) : mode_(mode), style_(style) {}

ProgressBars::~ProgressBars() {
  clear();
}

int ProgressBars::start(const std::string& label, std::uint64_t total, Unit unit) {
  if (mode_ == Mode::silent) return 0;
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  // Patience counts for the whole: a hundred short downloads in a row are long work.
  if (next_ == 1) began_ = now;
  running_[next_] = {.label = core::printable(label, kLongestLabel),
                     .done = 0,
                     .total = total,
                     .unit = unit,
                     .started = now,
                     .told = now,
                     .announced = false};
  return next_++;
}

void ProgressBars::update(int task, std::uint64_t done, std::uint64_t total) {
  if (mode_ == Mode::silent) return;
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(task);
  if (found == running_.end()) return;
  found->second.done = done;
  found->second.total = total;
  if (mode_ == Mode::lines) return tell(found->second, now);
  if (now - began_ >= kPatience && now - drawn_ >= kRedraw) draw(now);
}

void ProgressBars::finish(int task) {
  if (mode_ == Mode::silent) return;
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(task);
  if (found == running_.end()) return;
  const Task& done = found->second;
  if (mode_ == Mode::lines && done.announced) {
    const std::chrono::duration<double> seconds = Clock::now() - done.started;
    to_stderr(fmt::format("{}: {} in {:.1f} s\n", done.label, counted(done.done, done.unit), seconds.count()));
  }
  running_.erase(found);
  if (running_.empty()) erase();
}

void ProgressBars::clear() {
  const std::lock_guard lock(mutex_);
  erase();
}

void ProgressBars::clear_from_signal_handler() noexcept {
  for (int line = g_lines_on_screen.exchange(0); line > 0; --line) to_stderr("\x1b[1A\x1b[2K");
}

void ProgressBars::erase() {
  clear_from_signal_handler();
}

void ProgressBars::tell(Task& task, Clock::time_point now) {
  if (now - task.told < (task.announced ? Clock::duration(kLineEvery) : Clock::duration(kPatience))) return;
  task.told = now;
  task.announced = true;
  const std::string how_much = amount(task.done, task.total, task.unit);
  to_stderr(how_much.empty() ? task.label + "\n" : fmt::format("{}: {}\n", task.label, how_much));
}

std::string ProgressBars::bar(const Task& task, std::size_t label_width) const {
  constexpr std::size_t kMostCells = 30;
  const std::string label = fmt::format("  {:<{}}  ", task.label, label_width);
  const std::string how_much = amount(task.done, task.total, task.unit);
  const std::size_t taken = label_width + 4 + how_much.size() + 2;
  const auto width = static_cast<std::size_t>(style_.width);
  if (task.total == 0 || taken + 4 >= width) return label + how_much;
  const std::size_t cells = std::min(kMostCells, width - taken - 1);
  const double share = std::min(1.0, static_cast<double>(task.done) / static_cast<double>(task.total));
  const auto full = static_cast<std::size_t>(share * static_cast<double>(cells));
  std::string drawn = style_.color ? "\x1b[36m" : "";
  for (std::size_t i = 0; i < cells; ++i) {
    if (i == full && style_.color) drawn += "\x1b[2m";
    drawn += i < full ? "━" : "─";
  }
  if (style_.color) drawn += "\x1b[0m";
  return label + drawn + "  " + how_much;
}

void ProgressBars::draw(Clock::time_point now) {
  drawn_ = now;
  std::size_t label_width = 0;
  std::size_t shown = 0;
  for (const auto& [handle, task] : running_) {
    if (shown++ == kMostBars) break;
    label_width = std::max(label_width, task.label.size());
  }
  std::string screen;
  int lines = 0;
  for (const auto& [handle, task] : running_) {
    if (static_cast<std::size_t>(lines) == kMostBars) {
      screen += fmt::format("  and {} more\n", running_.size() - kMostBars);
      ++lines;
      break;
    }
    screen += bar(task, label_width) + "\n";
    ++lines;
  }
  erase();
  to_stderr(screen);
  g_lines_on_screen = lines;
}

}  // namespace envlock::tools
