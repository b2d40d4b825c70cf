#include <algorithm>
#include <string>
#include <string_view>

#include "envlock/core/text.h"
#include "envlock/report/report.h"
#include "excerpt.h"
#include "paint.h"

namespace envlock::report {
namespace {

constexpr std::string_view kCommandLine = "<command line>";

Color color_of(Kind kind) {
  switch (kind) {
    case Kind::error:
      return Color::red;
    case Kind::warning:
      return Color::yellow;
    case Kind::note:
      return Color::cyan;
  }
  return Color::bold;
}

std::string_view word_of(Kind kind) {
  switch (kind) {
    case Kind::error:
      return "error";
    case Kind::warning:
      return "warning";
    case Kind::note:
      return "note";
  }
  return "error";
}

std::string place(const core::SourceSpan& where) {
  std::string text = shown(where.file);
  if (where.line <= 0 || where.file == kCommandLine) return text;
  text += ":" + std::to_string(where.line);
  if (where.column > 0) text += ":" + std::to_string(where.column);
  return text;
}

std::string draw_where(const core::SourceSpan& where, Kind kind, const Style& style) {
  // A command line has one line only: its number would say nothing.
  const std::string number = where.line > 0 && where.file != kCommandLine ? std::to_string(where.line) : " ";
  const bool has_excerpt = where.line > 0 && !where.text.empty();
  const std::string indent(has_excerpt ? number.size() + 1 : 2, ' ');
  std::string drawn = indent + paint("-->", Color::blue, style) + " " + place(where) + "\n";
  if (!has_excerpt) return drawn;
  const Excerpt excerpt = make_excerpt(where, style.width - static_cast<int>(number.size()) - 4);
  const std::string bar = paint("|", Color::blue, style);
  drawn += indent + " " + bar + "\n";
  drawn += " " + paint(number, Color::blue, style) + " " + bar + " " + excerpt.line + "\n";
  if (excerpt.mark_width > 0) {
    drawn += indent + " " + bar + " " + std::string(static_cast<std::size_t>(excerpt.mark_column), ' ') +
             paint(std::string(static_cast<std::size_t>(excerpt.mark_width), '^'), color_of(kind), style) + "\n";
  }
  return drawn;
}

bool starts_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

/// "want sha256 ..." and "have sha256 ...": two sides of a comparison, aligned by themselves.
bool is_side(std::string_view fact) {
  return starts_with(fact, "want ") || starts_with(fact, "have ");
}

bool has_own_marks(std::string_view fact) {
  return starts_with(fact, " ") || starts_with(fact, "├") || starts_with(fact, "└") || starts_with(fact, "│");
}

/// One fact, its further lines set under its first.
std::string draw_fact(const std::string& fact, const std::string& first_indent, const std::string& next_indent) {
  std::string drawn;
  for (const std::string_view line : core::split(fact, '\n')) {
    drawn += (drawn.empty() ? first_indent : next_indent) + shown(line) + "\n";
  }
  return drawn;
}

std::string draw_why(const std::vector<std::string>& why, const Style& style) {
  std::string drawn;
  bool first = true;
  const auto hangs = [](const std::string& fact) { return !is_side(fact) && !has_own_marks(fact); };
  for (auto fact = why.begin(); fact != why.end(); ++fact) {
    if (is_side(*fact)) {
      drawn += draw_fact(*fact, "  ", "       ");
    } else if (first) {
      drawn += draw_fact(*fact, "  " + paint("why:", Color::bold, style) + " ", "       ");
      first = false;
    } else if (has_own_marks(*fact)) {
      drawn += draw_fact(*fact, "       ", "       ");
    } else {
      const bool last = std::none_of(fact + 1, why.end(), hangs);
      drawn += draw_fact(*fact, last ? "       └─ " : "       ├─ ", last ? "          " : "       │  ");
    }
  }
  return drawn;
}

bool takes_more_than_one_line(std::string_view drawn) {
  return std::count(drawn.begin(), drawn.end(), '\n') > 1;
}

}  // namespace

std::string text(const core::Diagnostic& diagnostic, Kind kind, const Style& style) {
  std::string head(word_of(kind));
  if (!diagnostic.code.empty()) head += "[" + shown(diagnostic.code) + "]";
  std::string drawn =
      paint(head, color_of(kind), style) + ": " + paint(shown(diagnostic.what), Color::bold, style) + "\n";
  if (diagnostic.where) drawn += draw_where(*diagnostic.where, kind, style);
  drawn += draw_why(diagnostic.why, style);
  for (const std::string& hint : diagnostic.hints) {
    drawn += draw_fact(hint, paint("help:", Color::green, style) + " ", "      ");
  }
  return drawn;
}

std::string text(const core::Note& note, const Style& style) {
  return text(note.diagnostic, note.severity == core::Severity::warning ? Kind::warning : Kind::note, style);
}

std::string text(const std::vector<core::Diagnostic>& diagnostics, Kind kind, const Style& style) {
  std::string all;
  bool last_was_long = false;
  for (const core::Diagnostic& diagnostic : diagnostics) {
    const std::string drawn = text(diagnostic, kind, style);
    const bool is_long = takes_more_than_one_line(drawn);
    if (!all.empty() && (is_long || last_was_long)) all += "\n";
    all += drawn;
    last_was_long = is_long;
  }
  return all;
}

}  // namespace envlock::report
