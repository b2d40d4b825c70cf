#include "logical_line.h"

#include <algorithm>

#include "ascii.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::pypi {
namespace {

constexpr int kShownLine = 300;

/// Where a comment begins: "#" at the start or behind white space.
std::size_t comment_of(std::string_view text) {
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (at == 0 || ascii::is_space(text[at - 1])) return at;
  }
  return text.size();
}

bool is_comment(std::string_view text) {
  return core::trim(text).starts_with('#');
}

/// The byte at which a text's n-th code point begins.
std::size_t byte_of_column(std::string_view text, int column) {
  std::size_t at = 0;
  for (int passed = 1; passed < column && at < text.size(); ++passed) {
    do {
      ++at;
    } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
  }
  return at;
}

/// In a line of YAML, how far behind `where` the text begins: 0, or 1 behind a quote. Absent: it is written otherwise.
std::optional<int> begin_in_yaml(std::string_view text, const core::SourceSpan& where) {
  if (where.column <= 0) return std::nullopt;
  // What is shown of the line has its secrets masked.
  const std::string shown = core::without_secrets(text);
  const std::string_view rest = std::string_view(where.text).substr(byte_of_column(where.text, where.column));
  if (rest.starts_with(text) || rest.starts_with(shown)) return 0;
  if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return std::nullopt;
  if (rest.substr(1).starts_with(text) || rest.substr(1).starts_with(shown)) return 1;
  return std::nullopt;
}

/// The end of "${NAME}" that begins at `at`, as pip knows it: capital letters, digits and "_". Absent: it is none.
std::optional<std::size_t> end_of_variable(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("${")) return std::nullopt;
  const std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", at + 2);
  if (end == std::string_view::npos || end == at + 2 || text[end] != '}') return std::nullopt;
  return end + 1;
}

}  // namespace

std::vector<PhysicalLine> lines_of_file(const std::string& file, std::string_view text) {
  std::vector<PhysicalLine> lines;
  int number = 0;
  for (std::string_view line : core::split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string shown = core::printable(core::without_secrets(line), kShownLine);
    lines.push_back({std::string(line), core::SourceSpan{file, number, 1, 0, shown}, true});
  }
  return lines;
}

std::vector<PhysicalLine> lines_of_yaml(std::string_view text, const core::SourceSpan& where) {
  std::vector<PhysicalLine> lines;
  const std::optional<int> begin = begin_in_yaml(text, where);
  for (const std::string_view line : core::split(text, '\n')) {
    PhysicalLine physical{std::string(line), where, begin && lines.empty()};
    if (physical.is_exact) physical.where.column += *begin;
    lines.push_back(std::move(physical));
  }
  return lines;
}

std::string LogicalLine::shown() const {
  return core::printable(core::without_secrets(written_), kShownLine);
}

std::string_view LogicalLine::written(std::size_t begin, std::size_t end) const {
  return std::string_view(written_).substr(origin_[begin], origin_[end] - origin_[begin]);
}

bool LogicalLine::has_variable(std::size_t begin, std::size_t end) const {
  return written(begin, end) != std::string_view(text_).substr(begin, end - begin);
}

core::SourceSpan LogicalLine::place(std::size_t at, std::size_t length) const {
  at = std::min(at, text_.size());
  const std::size_t origin = origin_[at];
  const auto behind = std::find_if(parts_.begin(), parts_.end(), [&](const Part& part) { return part.begin > origin; });
  const Part& part = *std::prev(behind);
  core::SourceSpan where = part.line.where;
  if (!part.line.is_exact) return where;
  const std::string_view line = part.line.text;
  const std::size_t begin = part.offset + origin - part.begin;
  where.column += core::count_code_points(line.substr(0, begin));
  const std::size_t end = at + length <= text_.size() && length > 0 ? origin_[at + length] : written_.size();
  const std::size_t underlined = std::min(end - origin, line.size() - std::min(begin, line.size()));
  where.length = std::max(core::count_code_points(line.substr(std::min(begin, line.size()), underlined)), 1);
  return where;
}

class LogicalLineReader {
 public:
  LogicalLineReader(const LookUp& look_up, std::vector<core::Diagnostic>& mistakes)
      : look_up_(look_up), mistakes_(mistakes) {}

  std::vector<LogicalLine> read(const std::vector<PhysicalLine>& lines) {
    for (const PhysicalLine& line : lines) {
      // A comment ends the line that came before, even when that asked for more.
      const bool goes_on = line.text.ends_with('\\') && !is_comment(line.text);
      append(line, goes_on);
      if (!goes_on) finish();
    }
    if (!line_.parts_.empty()) finish();
    return std::move(lines_);
  }

 private:
  void append(const PhysicalLine& line, bool goes_on) {
    line_.parts_.push_back({line_.written_.size(), 0, line});
    std::string_view text = line.text;
    while (goes_on && text.ends_with('\\')) text.remove_suffix(1);
    line_.written_ += text;
    // So that the comment is one although the line before ends without white space.
    if (is_comment(line.text)) line_.written_.resize(line_.parts_.back().begin);
  }

  void finish() {
    std::string& written = line_.written_;
    written.resize(comment_of(written));
    while (!written.empty() && ascii::is_space(written.back())) written.pop_back();
    const std::size_t begin =
        static_cast<std::size_t>(std::find_if_not(written.begin(), written.end(), ascii::is_space) - written.begin());
    drop_front(begin);
    // A line with a variable that is not set has been told of; what it would be is not known.
    if (!written.empty() && expand()) lines_.push_back(std::move(line_));
    line_ = LogicalLine();
  }

  void drop_front(std::size_t count) {
    line_.written_.erase(0, count);
    for (LogicalLine::Part& part : line_.parts_) {
      const std::size_t dropped = std::min(part.begin, count);
      part.offset += part.begin >= count ? 0 : count - part.begin;
      part.begin -= dropped;
    }
    // Of parts that begin at one place, those before the last are empty.
    while (line_.parts_.size() > 1 && line_.parts_[1].begin == 0) line_.parts_.erase(line_.parts_.begin());
  }

  bool expand() {
    const std::string& written = line_.written_;
    std::vector<std::size_t> unset;
    for (std::size_t at = 0; at < written.size();) {
      const auto end = end_of_variable(written, at);
      const std::string_view name = end ? std::string_view(written).substr(at + 2, *end - at - 3) : std::string_view();
      const std::optional<std::string> value = end ? look_up_(name) : std::nullopt;
      if (end && value && !value->empty()) {
        line_.text_ += *value;
        at = *end;
        line_.origin_.resize(line_.text_.size(), at - name.size() - 3);
        continue;
      }
      if (end) unset.push_back(line_.text_.size());
      line_.text_ += written[at];
      line_.origin_.push_back(at++);
    }
    line_.origin_.push_back(written.size());
    for (const std::size_t at : unset) tell_unset(at);
    return unset.empty();
  }

  void tell_unset(std::size_t at) {
    const std::size_t end = line_.text_.find('}', at) + 1;
    const std::string variable = line_.text_.substr(at, end - at);
    mistakes_.push_back({.code = "pip-variable-unset",
                         .what = "`" + variable + "` is not set, or is empty",
                         .where = line_.place(at, end - at),
                         .why = {},
                         .hints = {"set the environment variable, or write its value"}});
  }

  const LookUp& look_up_;
  std::vector<core::Diagnostic>& mistakes_;
  std::vector<LogicalLine> lines_;
  LogicalLine line_;
};

std::vector<LogicalLine> join_lines(const std::vector<PhysicalLine>& lines, const LookUp& look_up,
                                    std::vector<core::Diagnostic>& mistakes) {
  return LogicalLineReader(look_up, mistakes).read(lines);
}

}  // namespace envlock::pypi
