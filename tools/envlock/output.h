#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/core/progress.h"
#include "envlock/report/report.h"

namespace envlock::tools {

class ProgressBars;

/// Where a subcommand's answer goes: data to stdout, words to stderr. Bars never mix with either.
class Out {
 public:
  /// Looks at the terminals behind stdout and stderr, NO_COLOR, CLICOLOR_FORCE and TERM.
  Out();
  ~Out();
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;

  /// Writes the answer to stdout. A reader that has gone (`| head`) is no mistake: the rest is dropped.
  /// Throws: core::Error "stdout-unwritable" for a full disk and the like.
  void data(std::string_view bytes);
  /// Writes words for people to stderr; nothing under --quiet.
  void words(std::string_view text);
  /// Draws on stderr those of `notes` that were not drawn yet. Silent with --json, whose document carries them. main
  /// calls it when a subcommand ends; a subcommand may call it earlier, before its own words.
  void show_notes();
  /// Draws a diagnostic on stderr, an empty line before it when it or the last one is long. With --json nothing: the
  /// document carries it.
  void show(const core::Diagnostic& diagnostic, report::Kind kind);

  /// True when the subcommand was given --json: then stdout gets exactly one document (report/*.h make them).
  bool json = false;
  /// True when stderr should stay quiet but for errors and warnings (-q).
  bool quiet = false;
  core::Notes notes;

  const report::Style& stdout_style() const { return stdout_style_; }
  const report::Style& stderr_style() const { return stderr_style_; }
  /// Bars on a terminal, plain lines elsewhere. Made on the first call; hand the same one to everybody.
  std::shared_ptr<core::Progress> progress();

 private:
  report::Style stdout_style_;
  report::Style stderr_style_;
  std::shared_ptr<ProgressBars> bars_;
  std::size_t notes_shown_ = 0;
  bool last_was_long_ = false;
  bool something_shown_ = false;
  bool stdout_gone_ = false;
  void to_stderr(std::string_view text);
};

}  // namespace envlock::tools
