#include "excerpt.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "display_width.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::report {
namespace {

constexpr int kTabStop = 4;
constexpr std::string_view kCut = "…";

/// The marked part of a line, in bytes.
struct Mark {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t skip_code_points(std::string_view text, std::size_t from, int count) {
  for (; count > 0 && from < text.size(); --count) from += first_glyph_bytes(text.substr(from));
  return from;
}

Mark find_mark(const core::SourceSpan& span) {
  const std::string_view text = span.text;
  if (span.column <= 0) return {};
  const std::size_t begin = skip_code_points(text, 0, span.column - 1);
  if (span.length > 0) return {begin, skip_code_points(text, begin, span.length)};
  const std::size_t text_end = text.find_last_not_of(" \t\r\n");
  return {begin, std::max(begin, text_end == std::string_view::npos ? 0 : text_end + 1)};
}

/// The mark's place after masking: exact when the mask lies wholly before, after or inside it, else none.
Mark move_mark(std::string_view text, std::string_view masked, const Mark& mark) {
  const std::string_view before = text.substr(0, mark.begin);
  const std::string_view after = text.substr(mark.end);
  const std::string_view from_mark = text.substr(mark.begin);
  if (masked.size() >= before.size() + after.size() && masked.substr(0, before.size()) == before &&
      masked.substr(masked.size() - after.size()) == after) {
    return {mark.begin, masked.size() - after.size()};
  }
  if (masked.size() >= from_mark.size() && masked.substr(masked.size() - from_mark.size()) == from_mark) {
    const std::size_t begin = masked.size() - from_mark.size();
    return {begin, begin + (mark.end - mark.begin)};
  }
  if (masked.substr(0, mark.end) == text.substr(0, mark.end)) return mark;
  return {};
}

struct Piece {
  std::string shown;
  int columns = 0;
  bool marked = false;
};

/// The code points around the mark, a little more than fit: a line may be megabytes long.
struct Pieces {
  std::vector<Piece> all;
  bool cut_before = false;
  bool cut_after = false;
};

Pieces take_pieces(std::string_view text, const Mark& mark, int width) {
  Pieces pieces;
  const auto reach = static_cast<std::size_t>(width) * 4;  // bytes: every code point takes at most four
  std::size_t at = mark.begin > 2 * reach ? mark.begin - reach : 0;
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80) ++at;
  pieces.cut_before = at > 0;
  int column = 0;
  const std::size_t stop = std::min(text.size(), mark.begin + 2 * reach);
  while (at < stop) {
    Piece piece;
    const bool marked = at >= mark.begin && at < mark.end;
    if (text[at] == '\t') {
      piece = {std::string(static_cast<std::size_t>(kTabStop - column % kTabStop), ' '), kTabStop - column % kTabStop,
               marked};
      ++at;
    } else {
      Glyph glyph = first_glyph(text.substr(at));
      piece = {std::move(glyph.shown), glyph.columns, marked};
      at += glyph.bytes;
    }
    column += piece.columns;
    pieces.all.push_back(std::move(piece));
  }
  pieces.cut_after = at < text.size();
  return pieces;
}

/// The range of pieces to show: all, or a window that begins a third of the width before the mark.
struct Window {
  std::size_t first = 0;
  std::size_t last = 0;
};

Window choose_window(Pieces& pieces, int width) {
  const std::vector<Piece>& all = pieces.all;
  int total = 0;
  for (const Piece& piece : all) total += piece.columns;
  if (!pieces.cut_before && !pieces.cut_after && total <= width) return {0, all.size()};

  const auto mark = std::find_if(all.begin(), all.end(), [](const Piece& piece) { return piece.marked; });
  std::size_t first = mark == all.end() ? 0 : static_cast<std::size_t>(mark - all.begin());
  for (int room = width / 3; first > 0 && room >= all[first - 1].columns; --first) room -= all[first - 1].columns;
  int room = width - 2;  // for the two cut marks
  // The whole tail fits: show more of what stands before it.
  int tail = 0;
  for (std::size_t i = first; i < all.size() && tail <= room; ++i) tail += all[i].columns;
  if (!pieces.cut_after) {
    for (; first > 0 && tail + all[first - 1].columns <= room; --first) tail += all[first - 1].columns;
  }
  std::size_t last = first;
  for (; last < all.size() && room >= all[last].columns; ++last) room -= all[last].columns;
  pieces.cut_before = pieces.cut_before || first > 0;
  pieces.cut_after = pieces.cut_after || last < all.size();
  return {first, last};
}

}  // namespace

Excerpt make_excerpt(const core::SourceSpan& span, int width) {
  width = std::max(width, 20);
  const std::string masked = core::without_secrets(span.text);
  const bool past_the_end = span.column > 0 && find_mark(span).begin >= span.text.size();
  Mark mark = find_mark(span);
  if (masked != span.text) mark = move_mark(span.text, masked, mark);

  std::string_view line = masked;
  const std::size_t text_end = line.find_last_not_of(" \t\r\n");
  line = line.substr(0, std::max(mark.end, text_end == std::string_view::npos ? 0 : text_end + 1));

  Pieces pieces = take_pieces(line, mark, width);
  const Window window = choose_window(pieces, width);
  Excerpt excerpt;
  int column = 0;
  if (pieces.cut_before) {
    excerpt.line += kCut;
    column = 1;
  }
  for (std::size_t i = window.first; i < window.last; ++i) {
    const Piece& piece = pieces.all[i];
    if (piece.marked) {
      if (excerpt.mark_width == 0) excerpt.mark_column = column;
      excerpt.mark_width = column + piece.columns - excerpt.mark_column;
    }
    excerpt.line += piece.shown;
    column += piece.columns;
  }
  if (past_the_end && excerpt.mark_width == 0) {
    excerpt.mark_column = column;  // something is missing at the end of the line
    excerpt.mark_width = 1;
  }
  if (pieces.cut_after) excerpt.line += kCut;
  return excerpt;
}

}  // namespace envlock::report
