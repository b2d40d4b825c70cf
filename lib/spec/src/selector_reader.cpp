#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "line_comment.h"
#include "reading.h"
#include "selector.h"

#include <algorithm>

namespace envlock::spec {

std::string SelectorReader::after(NodeId id) {
  const std::size_t end = end_of(reading_.source, reading_.at(id));
  return at(end, reading_.source.line_of(end > 0 ? end - 1 : 0));
}

std::string SelectorReader::at(std::size_t offset, int line) {
  const Source& source = reading_.source;
  const std::size_t line_end = source.line_start(line) + source.line(line).size();
  if (offset > line_end) return {};
  const auto comment = comment_of_line(offset);
  if (!comment) return {};
  if (last_comment_ != comment->offset) {
    last_comment_ = comment->offset;
    last_selector_ = read(*comment);
  }
  return last_selector_;
}

std::optional<LineComment> SelectorReader::comment_of_line(std::size_t offset) {
  const int line = reading_.source.line_of(offset);
  const bool is_known =
      line == scanned_line_ && offset >= scanned_from_ && (!scanned_comment_ || scanned_comment_->offset > offset);
  if (!is_known) {
    scanned_line_ = line;
    scanned_from_ = offset;
    scanned_comment_ = comment_after(reading_.source, offset);
  }
  return scanned_comment_;
}

std::string SelectorReader::read(const LineComment& comment) {
  const Source& source = reading_.source;
  const Brackets brackets = brackets_of(comment);
  const std::string shown = core::printable(core::trim(brackets.expression), 60);
  switch (brackets.kind) {
    case Brackets::Kind::none:
      return {};
    case Brackets::Kind::words:
      if (!conda_lock_condition(comment.text)) return {};
      reading_.notes.warning({.code = "comment-not-selector",
                              .what = "`[" + shown + "]` is not a selector, and the line counts on every platform",
                              .where = source.span(brackets.offset, brackets.expression.size()),
                              .why = {"conda-lock takes it for one and drops the line"},
                              .hints = {"write the comment without square brackets"}});
      return {};
    case Brackets::Kind::elsewhere:
      reading_.notes.warning(
          {.code = "comment-not-selector",
           .what = "`[" + shown + "]` is not a selector, since other words stand before it",
           .where = source.span(brackets.offset, brackets.expression.size()),
           .why = {conda_lock_knows(brackets.expression) ? "conda-lock takes it for one, and keeps the line only there"
                                                         : "conda-lock takes it for one, and drops the line"},
           .hints = {conda_lock_knows(brackets.expression)
                         ? "for a selector write `# [" + shown + "]`, else use no square brackets"
                         : "write the comment without square brackets"}});
      return {};
    case Brackets::Kind::selector:
      break;
  }
  comment_used_ = true;
  const std::string selector = parse(brackets.expression, brackets.offset);
  if (!selector.empty()) compare_with_conda_lock(comment.text, brackets.expression, brackets.offset);
  return selector;
}

std::string SelectorReader::from_key(NodeId key, std::string_view expression, std::size_t offset) {
  if (!key_used_) {
    reading_.notes.note({.code = "sel-is-not-portable",
                         .what = "only mamba and micromamba know `sel(...)`",
                         .where = reading_.span(key),
                         .why = {"conda refuses the file, and conda-lock leaves such lines out"},
                         .hints = {"a comment `# [linux]` after the line works for more tools"}});
  }
  key_used_ = true;
  const std::string selector = parse(expression, offset);
  const bool known = selector == "unix" || selector == "linux" || selector == "osx" || selector == "win";
  if (!selector.empty() && !known) {
    reading_.notes.note({.code = "selector-differs",
                         .what = "mamba and micromamba know only unix, linux, osx and win in `sel(...)`",
                         .where = reading_.span(key),
                         .why = {},
                         .hints = {}});
  }
  if (comment_used_ && std::find(told_.begin(), told_.end(), "both kinds") == told_.end()) {
    told_.push_back("both kinds");
    reading_.notes.note({.code = "two-kinds-of-selectors",
                         .what = "the file uses comment selectors as well as `sel(...)`",
                         .where = reading_.span(key),
                         .why = {"CEP 24 wants one kind in a file, and no other tool reads both"},
                         .hints = {}});
  }
  return selector;
}

std::string SelectorReader::parse(std::string_view expression, std::size_t offset) {
  const auto known = canonical_.find(expression);
  if (known != canonical_.end()) return known->second;
  std::string selector;
  try {
    selector = canonical_selector(expression);
  } catch (const core::Error& error) {
    for (core::Diagnostic diagnostic : error.diagnostics()) {
      // The column within the expression; it is ASCII up to there, since anything else is refused where it begins.
      const std::size_t before =
          diagnostic.where ? static_cast<std::size_t>(std::max(diagnostic.where->column - 1, 0)) : 0;
      const std::size_t length = diagnostic.where ? static_cast<std::size_t>(diagnostic.where->length) : 0;
      diagnostic.where = reading_.source.span(offset + before, length);
      reading_.mistake(std::move(diagnostic));
    }
    return {};
  }
  if (subdirs_where(selector, {}).empty()) {
    reading_.notes.warning({.code = "selector-never-holds",
                            .what = "the selector `" + selector + "` holds on no platform",
                            .where = reading_.source.span(offset, expression.size()),
                            .why = {},
                            .hints = {"write `or` where either platform is meant"}});
  }
  canonical_.emplace(expression, selector);
  return selector;
}

void SelectorReader::compare_with_conda_lock(std::string_view comment, std::string_view expression,
                                             std::size_t offset) {
  const auto condition = conda_lock_condition(comment);
  if (condition && condition->data() == expression.data() && conda_lock_knows(expression)) return;
  const std::string shown = core::printable(core::trim(expression), 60);
  if (std::find(told_.begin(), told_.end(), shown) != told_.end()) return;
  told_.push_back(shown);
  reading_.notes.note({.code = "selector-differs",
                       .what = "conda-lock would read `[" + shown + "]` otherwise",
                       .where = reading_.source.span(offset, expression.size()),
                       .why = {condition ? "it knows single names only, and drops the line on every platform"
                                         : "it sees no selector here, and keeps the line on every platform"},
                       .hints = {}});
}

void SelectorReader::refuse_after(NodeId id, std::string_view role) {
  const std::size_t end = end_of(reading_.source, reading_.at(id));
  const auto comment = comment_of_line(end);
  if (!comment || last_comment_ == comment->offset) return;
  last_comment_ = comment->offset;
  last_selector_.clear();
  const Brackets brackets = brackets_of(*comment);
  if (brackets.kind != Brackets::Kind::selector) return;
  reading_.notes.warning({.code = "selector-not-applied",
                          .what = "a selector on " + std::string(role) + " is not applied: it counts on every platform",
                          .where = reading_.source.span(brackets.offset, brackets.expression.size()),
                          .why = {"conda does not apply it either; conda-lock does"},
                          .hints = {"put the platform's lines in a file of their own"}});
}

}  // namespace envlock::spec
