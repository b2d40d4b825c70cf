#include "source.h"

#include "envlock/core/text.h"
#include "envlock/core/url.h"

#include <algorithm>

namespace envlock::spec {
namespace {

constexpr std::size_t kShownBytes = 2000;

std::string normalize_line_ends(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

std::string_view cut(std::string_view line) {
  if (line.size() <= kShownBytes) return line;
  std::size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0u) == 0x80u) --end;
  return line.substr(0, end);
}

// Secrets masked, and control characters escaped but for tabs, which keep the shape of the line.
std::string shown(std::string_view text) {
  const std::string masked = core::without_secrets(text);
  std::string out;
  for (const std::string_view part : core::split(masked, '\t')) {
    out += core::printable(part, static_cast<int>(kShownBytes));
    out += '\t';
  }
  out.pop_back();
  return out;
}

}  // namespace

Source::Source(std::string file, std::string_view utf8) : file_(std::move(file)), text_(normalize_line_ends(utf8)) {
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view Source::line(int index) const {
  if (index < 0 || index >= line_count()) return {};
  const std::size_t start = line_start(index);
  const std::size_t end = index + 1 < line_count() ? line_start(index + 1) - 1 : text_.size();
  return std::string_view(text_).substr(start, end - start);
}

int Source::line_of(std::size_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return static_cast<int>(after - starts_.begin()) - 1;
}

core::SourceSpan Source::span(std::size_t offset, std::size_t length) const {
  offset = std::min(offset, text_.size());
  const int index = line_of(offset);
  const std::string_view full = line(index);
  const std::size_t before = std::min(offset - line_start(index), full.size());
  length = std::min(length, full.size() - before);

  core::SourceSpan span;
  span.file = file_;
  span.line = index + 1;
  if (before + length > kShownBytes) {
    span.column = column_of(index, before);
    if (before < kShownBytes) span.text = shown(cut(full));
    return span;
  }
  if (full.find("://") == std::string_view::npos) {
    span.text = shown(full);
    span.column = column_of(index, before);
    span.length = core::count_code_points(shown(full.substr(before, length)));
    return span;
  }
  // A secret is masked before columns are counted, so that the caret stands under the same words.
  span.text = shown(cut(full));
  span.column = core::count_code_points(shown(full.substr(0, before))) + 1;
  span.length = core::count_code_points(shown(full.substr(before, length)));
  return span;
}

int Source::column_of(int index, std::size_t before) const {
  if (counted_line_ != index || counted_bytes_ > before) {
    counted_line_ = index;
    counted_bytes_ = 0;
    counted_code_points_ = 0;
  }
  counted_code_points_ += core::count_code_points(line(index).substr(counted_bytes_, before - counted_bytes_));
  counted_bytes_ = before;
  return counted_code_points_ + 1;
}

core::SourceSpan Source::line_span(int index) const {
  core::SourceSpan span;
  span.file = file_;
  span.line = index + 1;
  span.text = shown(cut(line(index)));
  return span;
}

core::SourceSpan Source::whole() const {
  core::SourceSpan span;
  span.file = file_;
  return span;
}

std::string place(const core::SourceSpan& where) {
  return where.line > 0 ? where.file + ":" + std::to_string(where.line) : where.file;
}

}  // namespace envlock::spec
