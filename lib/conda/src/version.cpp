#include "envlock/conda/version.h"

#include <algorithm>
#include <array>
#include <span>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "version_literal.h"
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

std::weak_ordering ordering(int sign) {
  return sign < 0 ? std::weak_ordering::less : sign > 0 ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

}  // namespace

bool VersionLiteral::fail(std::size_t at, const char* reason) {
  column = at;
  why = reason;
  return false;
}

/// Appends the segments of text[first, last).
bool VersionLiteral::segments(std::string_view text, std::size_t first, std::size_t last, bool may_end_in_underscore) {
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

bool VersionLiteral::parse(std::string_view text) {
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
  if (main == 0) {
    row.push_back(0);
    row.push_back(words::kEnd);
  } else {
    words::append_segment(row, text.substr(0, main - 1), false);
  }
  if (!segments(text, main, main_end, true)) return false;
  main_size = row.size();
  return local == std::string_view::npos || segments(text, local + 1, text.size(), false);
}

bool starts_with(std::span<const std::uint32_t> main, std::span<const std::uint32_t> local,
                 std::span<const std::uint32_t> prefix, std::span<const std::uint32_t> prefix_local,
                 bool ends_in_number) {
  if (prefix_local.empty()) return words::starts_with(main, prefix, ends_in_number);
  return words::compare(main, prefix) == 0 && words::starts_with(local, prefix_local, ends_in_number);
}

std::string_view without_last_part(std::string_view literal) {
  literal = literal.substr(0, literal.find('+'));
  while (!literal.empty() && is_separator(literal.back())) literal.remove_suffix(1);
  const std::size_t cut = literal.find_last_of("._-");
  return cut == std::string_view::npos ? std::string_view() : literal.substr(0, cut);
}

void VersionAccess::assign(Version& version, std::string_view text, const VersionLiteral& literal) {
  const std::span<const std::uint32_t> words = literal.row.words();
  version.text_ = text;
  // At most 255 characters make well under 65,536 words.
  version.size_ = static_cast<std::uint16_t>(words.size());
  version.main_size_ = static_cast<std::uint16_t>(literal.main_size);
  if (words.size() <= Version::kNear) {
    std::copy(words.begin(), words.end(), version.near_.begin());
    version.far_.clear();
  } else {
    version.far_.assign(words.begin(), words.end());
  }
}

Version Version::parse(std::string_view text) {
  text = core::trim(text);
  Version version;
  VersionLiteral literal;
  if (literal.parse(text)) {
    VersionAccess::assign(version, text, literal);
    return version;
  }
  core::Diagnostic diagnostic;
  diagnostic.code = "invalid-version";
  diagnostic.what = "`" + core::printable(text, 80) + "` is not a version";
  diagnostic.where = core::SourceSpan{"", 0, static_cast<int>(literal.column) + 1, 1, core::printable(text, 300)};
  diagnostic.why = {literal.why};
  diagnostic.hints = {"write a version such as `1.26.4`, `2.0rc1` or `1!3.1`"};
  throw core::Error(std::move(diagnostic));
}

std::optional<Version> Version::try_parse(std::string_view text) {
  text = core::trim(text);
  VersionLiteral literal;
  if (!literal.parse(text)) return std::nullopt;
  std::optional<Version> version(std::in_place);
  VersionAccess::assign(*version, text, literal);
  return version;
}

std::weak_ordering operator<=>(const Version& left, const Version& right) {
  int sign = words::compare(VersionAccess::main(left), VersionAccess::main(right));
  if (sign == 0) sign = words::compare(VersionAccess::local(left), VersionAccess::local(right));
  return ordering(sign);
}

bool Version::starts_with(const Version& prefix) const {
  // A Version made by its default constructor is "0" without words.
  static constexpr std::array<std::uint32_t, 4> kZero = {0, words::kEnd, 0, words::kEnd};
  const bool ends_in_number = is_digit(prefix.text_.back());
  const auto wanted = prefix.size_ == 0 ? std::span<const std::uint32_t>(kZero) : VersionAccess::main(prefix);
  return conda::starts_with(VersionAccess::main(*this), VersionAccess::local(*this), wanted,
                            VersionAccess::local(prefix), ends_in_number);
}

std::optional<Version> Version::without_last_part() const {
  const std::string_view rest = conda::without_last_part(text_);
  return rest.empty() ? std::nullopt : try_parse(rest);
}

namespace {

void append_build_segments(words::Row& row, std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && !is_separator(text[end])) ++end;
    if (end > i) words::append_segment(row, text.substr(i, end - i), false);
    i = end + 1;
  }
}

/// A build string as libsolv's conda mode reads it: like a version, but anything goes; runs of separators count once.
struct BuildWords {
  explicit BuildWords(std::string_view text) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    if (digits > 0 && digits < text.size() && text[digits] == '!') {
      words::append_segment(epoch, text.substr(0, digits), false);
      text.remove_prefix(digits + 1);
    }
    const std::size_t plus = text.rfind('+');
    has_local = plus != std::string_view::npos;
    append_build_segments(main, text.substr(0, plus));
    if (has_local) append_build_segments(local, text.substr(plus + 1));
  }
  words::Row epoch;
  words::Row main;
  words::Row local;
  bool has_local = false;
};

}  // namespace

std::weak_ordering compare_as_versions(std::string_view left, std::string_view right) {
  if (left == right) return std::weak_ordering::equivalent;
  const BuildWords a(left);
  const BuildWords b(right);
  if (const int sign = words::compare(a.epoch.words(), b.epoch.words())) return ordering(sign);
  if (const int sign = words::compare(a.main.words(), b.main.words())) return ordering(sign);
  if (a.has_local != b.has_local) return a.has_local ? std::weak_ordering::greater : std::weak_ordering::less;
  return ordering(words::compare(a.local.words(), b.local.words()));
}

}  // namespace envlock::conda
