#include "output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "progress_bars.h"

namespace envlock::tools {
namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

/// Source: no-color.org and bixense.com/clicolors.
bool wants_color(int descriptor) {
  if (is_set("NO_COLOR")) return false;
  if (is_set("CLICOLOR_FORCE") && std::strcmp(std::getenv("CLICOLOR_FORCE"), "0") != 0) return true;
  const char* terminal = std::getenv("TERM");
  return isatty(descriptor) != 0 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

report::Style style_of(int descriptor) {
  report::Style style;
  style.color = wants_color(descriptor);
  winsize size{};
  if (isatty(descriptor) != 0 && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = std::clamp(static_cast<int>(size.ws_col), 40, 200);
  }
  return style;
}

/// 0 when all was written, else what errno said.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

Out::Out() : stdout_style_(style_of(STDOUT_FILENO)), stderr_style_(style_of(STDERR_FILENO)) {}

Out::~Out() = default;

void Out::data(std::string_view bytes) {
  if (stdout_gone_) return;
  if (bars_) bars_->clear();
  const int error = write_all(STDOUT_FILENO, bytes);
  if (error == 0) return;
  stdout_gone_ = true;
  if (error == EPIPE) return;
  throw core::Error({.code = "stdout-unwritable",
                     .what = "the answer cannot be written to standard output: " + std::string(std::strerror(error)),
                     .where = std::nullopt,
                     .why = {},
                     .hints = {"free some space or send the output elsewhere"}});
}

void Out::to_stderr(std::string_view text) {
  if (bars_) bars_->clear();
  // Where stderr is gone there is nobody left to tell.
  (void)write_all(STDERR_FILENO, text);
  something_shown_ = true;
}

void Out::words(std::string_view text) {
  if (quiet || json) return;
  if (last_was_long_) to_stderr("\n");
  last_was_long_ = false;
  to_stderr(text);
}

void Out::show(const core::Diagnostic& diagnostic, report::Kind kind) {
  if (json || (quiet && kind == report::Kind::note)) return;
  const std::string drawn = report::text(diagnostic, kind, stderr_style_);
  const bool is_long = std::count(drawn.begin(), drawn.end(), '\n') > 1;
  if (something_shown_ && (is_long || last_was_long_)) to_stderr("\n");
  to_stderr(drawn);
  last_was_long_ = is_long;
}

void Out::show_notes() {
  for (; notes_shown_ < notes.all().size(); ++notes_shown_) {
    const core::Note& note = notes.all()[notes_shown_];
    show(note.diagnostic, note.severity == core::Severity::warning ? report::Kind::warning : report::Kind::note);
  }
}

std::shared_ptr<core::Progress> Out::progress() {
  if (!bars_) {
    bars_ = std::make_shared<ProgressBars>(quiet || is_set("ENVLOCK_NO_PROGRESS") ? ProgressBars::Mode::silent
                                           : isatty(STDERR_FILENO) != 0           ? ProgressBars::Mode::bars
                                                                                  : ProgressBars::Mode::lines,
                                           stderr_style_);
  }
  return bars_;
}

}  // namespace envlock::tools
