#include "source_text.h"

#include <algorithm>

#include "envlock/core/text.h"

namespace envlock::lock {
namespace {

// A longer line tells a reader nothing, and may be the whole of a minified file.
constexpr std::size_t kLongestLineShown = 400;

int code_points(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

core::SourceSpan span_of(std::string_view source, const std::string& file, std::size_t begin, std::size_t end) {
  begin = std::min(begin, source.size());
  end = std::clamp(end, begin, source.size());
  const std::size_t newline = begin == 0 ? std::string_view::npos : source.rfind('\n', begin - 1);
  const std::size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
  const std::size_t line_end = std::min(source.find('\n', begin), source.size());
  std::string_view line = source.substr(line_begin, line_end - line_begin);
  if (line.ends_with('\r')) line.remove_suffix(1);

  core::SourceSpan span;
  span.file = file;
  span.line =
      1 + static_cast<int>(std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
  span.column = 1 + code_points(source.substr(line_begin, begin - line_begin));
  span.length = code_points(
      source.substr(begin, std::min(end, line_begin + line.size()) - std::min(begin, line_begin + line.size())));
  if (line.size() <= kLongestLineShown) span.text = line;
  return span;
}

core::SourceSpan span_of_line(std::string_view source, const std::string& file, int line, int column) {
  std::size_t begin = 0;
  for (int i = 1; i < line; ++i) {
    const std::size_t newline = source.find('\n', begin);
    if (newline == std::string_view::npos) break;
    begin = newline + 1;
  }
  core::SourceSpan span = span_of(source, file, begin, begin);
  span.line = line;
  span.column = column;
  if (line == 0) span.text.clear();
  return span;
}

}  // namespace envlock::lock
