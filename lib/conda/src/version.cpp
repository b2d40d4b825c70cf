#include "envlock/conda/version.h"

#include <algorithm>
#include <array>
#include <span>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "version_words.h"

namespace envlock::conda {
namespace {

// CEP 26 says 64, conda and its kin accept any length: a file name's limit keeps every record that could exist.
constexpr std::size_t kMaxLength = 255;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_separator(char c) {
  return c == '.' || c == '_' || c == '-';
}

std::span<const std::uint32_t> head(const std::vector<std::uint32_t>& parts, std::uint32_t size) {
  return {parts.data(), size};
}
std::span<const std::uint32_t> tail(const std::vector<std::uint32_t>& parts, std::uint32_t size) {
  return std::span<const std::uint32_t>(parts).subspan(size);
}

std::weak_ordering ordering(int sign) {
  return sign < 0 ? std::weak_ordering::less : sign > 0 ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

}  // namespace

/// Reads a version literal; when it is none, says where and why.
struct VersionParser {
  std::string_view text;
  std::vector<std::uint32_t> row;
  std::size_t column = 0;  ///< 0-based
  const char* why = nullptr;

  bool fail(std::size_t at, const char* reason) {
    column = at;
    why = reason;
    return false;
  }

  /// Appends the segments of text[first, last).
  bool segments(std::size_t first, std::size_t last, bool may_end_in_underscore) {
    // The exception for versions in the manner of openssl: 1.0.1_ sorts before 1.0.1a.
    const bool underscore = may_end_in_underscore && last > first && (text[last - 1] == '_' || text[last - 1] == '-');
    if (underscore) --last;
    for (std::size_t begin = first;;) {
      std::size_t end = begin;
      while (end < last && !is_separator(text[end])) ++end;
      const bool joins_underscore = underscore && end == last;
      if (begin == end && !joins_underscore) return fail(begin, "a part between two separators is empty");
      words::append_segment(row, text.substr(begin, end - begin), joins_underscore);
      if (end == last) return true;
      begin = end + 1;
    }
  }

  bool run(Version& version) {
    if (text.empty()) return fail(0, "it is empty");
    if (text.size() > kMaxLength) return fail(kMaxLength, "it is longer than 255 characters");
    std::size_t main = 0;
    std::size_t local = std::string_view::npos;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (is_digit(c) || is_letter(c) || is_separator(c)) continue;
      if (c == '!' && local == std::string_view::npos) {
        if (main != 0) return fail(i, "a version has one epoch (`!`)");
        if (i == 0 || !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(i), is_digit)) {
          return fail(0, "the epoch before `!` must be a number");
        }
        main = i + 1;
      } else if (c == '+') {
        if (local != std::string_view::npos) return fail(i, "a version has one local part (`+`)");
        local = i;
      } else {
        return fail(i, "a version holds only letters, digits, `.`, `_`, `-`, `+` and `!`");
      }
    }
    const std::size_t main_end = std::min(local, text.size());
    if (main == main_end) return fail(main, "there is no version before the local part");
    row.reserve(12);
    words::append_segment(row, main == 0 ? std::string_view("0") : text.substr(0, main - 1), false);
    if (!segments(main, main_end, true)) return false;
    version.main_size_ = static_cast<std::uint32_t>(row.size());
    if (local != std::string_view::npos && !segments(local + 1, text.size(), false)) return false;
    version.parts_ = std::move(row);
    version.text_ = text;
    return true;
  }
};

Version Version::parse(std::string_view text) {
  text = core::trim(text);
  Version version;
  VersionParser parser{text};
  if (parser.run(version)) return version;
  core::Diagnostic diagnostic;
  diagnostic.code = "invalid-version";
  diagnostic.what = "`" + core::printable(text, 80) + "` is not a version";
  diagnostic.where = core::SourceSpan{"", 0, static_cast<int>(parser.column) + 1, 1, core::printable(text, 300)};
  diagnostic.why = {parser.why};
  diagnostic.hints = {"write a version such as `1.26.4`, `2.0rc1` or `1!3.1`"};
  throw core::Error(std::move(diagnostic));
}

std::optional<Version> Version::try_parse(std::string_view text) {
  Version version;
  VersionParser parser{core::trim(text)};
  if (!parser.run(version)) return std::nullopt;
  return version;
}

std::weak_ordering operator<=>(const Version& left, const Version& right) {
  int sign = words::compare(head(left.parts_, left.main_size_), head(right.parts_, right.main_size_));
  if (sign == 0) sign = words::compare(tail(left.parts_, left.main_size_), tail(right.parts_, right.main_size_));
  return ordering(sign);
}

bool Version::starts_with(const Version& prefix) const {
  const bool ends_in_number = is_digit(prefix.text_.back());
  if (prefix.parts_.size() == prefix.main_size_) {
    // A Version made by its default constructor is "0" without parts.
    static constexpr std::array<std::uint32_t, 4> kZero = {0, words::kEnd, 0, words::kEnd};
    const std::span<const std::uint32_t> wanted =
        prefix.parts_.empty() ? kZero : head(prefix.parts_, prefix.main_size_);
    return words::starts_with(head(parts_, main_size_), wanted, ends_in_number);
  }
  return words::compare(head(parts_, main_size_), head(prefix.parts_, prefix.main_size_)) == 0 &&
         words::starts_with(tail(parts_, main_size_), tail(prefix.parts_, prefix.main_size_), ends_in_number);
}

std::optional<Version> Version::without_last_part() const {
  std::string_view main = std::string_view(text_).substr(0, text_.find('+'));
  while (!main.empty() && is_separator(main.back())) main.remove_suffix(1);
  const std::size_t cut = main.find_last_of("._-");
  if (cut == std::string_view::npos) return std::nullopt;
  return try_parse(main.substr(0, cut));
}

namespace {

/// A build string as libsolv's conda mode reads it: like a version, but anything goes; runs of separators count once.
struct BuildWords {
  std::vector<std::uint32_t> epoch;
  std::vector<std::uint32_t> main;
  std::vector<std::uint32_t> local;
  bool has_local = false;
};

void append_build_segments(std::vector<std::uint32_t>& row, std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && !is_separator(text[end])) ++end;
    if (end > i) words::append_segment(row, text.substr(i, end - i), false);
    i = end + 1;
  }
}

BuildWords build_words(std::string_view text) {
  BuildWords result;
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  if (digits > 0 && digits < text.size() && text[digits] == '!') {
    words::append_segment(result.epoch, text.substr(0, digits), false);
    text.remove_prefix(digits + 1);
  }
  const std::size_t plus = text.rfind('+');
  result.has_local = plus != std::string_view::npos;
  append_build_segments(result.main, text.substr(0, plus));
  if (result.has_local) append_build_segments(result.local, text.substr(plus + 1));
  return result;
}

}  // namespace

std::weak_ordering compare_as_versions(std::string_view left, std::string_view right) {
  if (left == right) return std::weak_ordering::equivalent;
  const BuildWords a = build_words(left);
  const BuildWords b = build_words(right);
  if (const int sign = words::compare(a.epoch, b.epoch)) return ordering(sign);
  if (const int sign = words::compare(a.main, b.main)) return ordering(sign);
  if (a.has_local != b.has_local) return a.has_local ? std::weak_ordering::greater : std::weak_ordering::less;
  return ordering(words::compare(a.local, b.local));
}

}  // namespace envlock::conda
