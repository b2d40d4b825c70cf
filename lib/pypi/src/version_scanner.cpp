#include "version_scanner.h"

#include <array>
#include <charconv>
#include <utility>

#include "ascii.h"

namespace envlock::pypi {
namespace {

constexpr const char* kNumberTooLarge = "a number of a version is below 18446744073709551616";

bool is_separator(char c) {
  return c == '.' || c == '-' || c == '_';
}

/// Appends a part of a local label in normal form: numbers without leading zeros, letters in lower case.
void append_local_part(std::string& local, std::string_view part) {
  if (part.find_first_not_of("0123456789") == std::string_view::npos) {
    while (part.size() > 1 && part.front() == '0') part.remove_prefix(1);
  }
  if (!local.empty()) local += '.';
  for (const char c : part) local += ascii::to_lower(c);
}

}  // namespace

bool VersionScanner::fail(const char* reason) {
  reason_ = reason;
  return false;
}

bool VersionScanner::at_digit(std::size_t offset) const {
  return at_ + offset < text_.size() && ascii::is_digit(text_[at_ + offset]);
}

bool VersionScanner::number(std::uint64_t& value) {
  const char* begin = text_.data() + at_;
  const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc()) return fail(kNumberTooLarge);
  at_ += static_cast<std::size_t>(end - begin);
  return true;
}

/// The epoch and the first numbers: "1!2.0".
bool VersionScanner::numbers(Version& version) {
  std::vector<std::uint64_t>& release = VersionAccess::release(version);
  release.clear();
  if (!at_digit()) return fail("a version begins with a number");
  if (!number(release.emplace_back())) return false;
  if (at_ < text_.size() && text_[at_] == '!') {
    ++at_;
    VersionAccess::epoch(version) = release.back();
    if (!at_digit()) return fail("behind the epoch and its `!` stands a number");
    if (!number(release.back())) return false;
  }
  while (at_ < text_.size() && text_[at_] == '.' && at_digit(1)) {
    ++at_;
    if (!number(release.emplace_back())) return false;
  }
  return true;
}

bool VersionScanner::skip_separator() {
  if (at_ == text_.size() || !is_separator(text_[at_])) return false;
  ++at_;
  return true;
}

bool VersionScanner::word(std::string_view lower) {
  if (text_.size() - at_ < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (ascii::to_lower(text_[at_ + i]) != lower[i]) return false;
  }
  at_ += lower.size();
  return true;
}

bool VersionScanner::suffix_number(std::uint64_t& value) {
  skip_separator();
  value = 0;
  return !at_digit() || number(value);
}

bool VersionScanner::pre(Version& version) {
  using Phase = VersionAccess::Phase;
  // Longer words before those that begin them.
  static constexpr std::array<std::pair<std::string_view, Phase>, 8> kWords{{{"alpha", Phase::alpha},
                                                                             {"a", Phase::alpha},
                                                                             {"beta", Phase::beta},
                                                                             {"b", Phase::beta},
                                                                             {"preview", Phase::candidate},
                                                                             {"pre", Phase::candidate},
                                                                             {"c", Phase::candidate},
                                                                             {"rc", Phase::candidate}}};
  const std::size_t begin = at_;
  skip_separator();
  for (const auto& [text, phase] : kWords) {
    if (!word(text)) continue;
    std::uint64_t value = 0;
    if (!suffix_number(value)) return false;
    VersionAccess::set_pre(version, phase, value);
    return true;
  }
  at_ = begin;
  return true;
}

bool VersionScanner::post(Version& version) {
  const std::size_t begin = at_;
  std::uint64_t value = 0;
  if (at_ < text_.size() && text_[at_] == '-' && at_digit(1)) {
    ++at_;
    if (!number(value)) return false;
    VersionAccess::set_post(version, value);
    return true;
  }
  skip_separator();
  if (word("post") || word("rev") || word("r")) {
    if (!suffix_number(value)) return false;
    VersionAccess::set_post(version, value);
    return true;
  }
  at_ = begin;
  return true;
}

bool VersionScanner::dev(Version& version) {
  const std::size_t begin = at_;
  skip_separator();
  if (!word("dev")) {
    at_ = begin;
    return true;
  }
  std::uint64_t value = 0;
  if (!suffix_number(value)) return false;
  VersionAccess::set_dev(version, value);
  return true;
}

bool VersionScanner::local(Version& version) {
  if (at_ == text_.size() || text_[at_] != '+') return true;
  std::string label;
  do {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && ascii::is_alphanumeric(text_[at_])) ++at_;
    if (at_ == begin) return fail("a local label is letters and digits, with `.`, `-` or `_` between");
    append_local_part(label, text_.substr(begin, at_ - begin));
  } while (at_ + 1 < text_.size() && is_separator(text_[at_]) && ascii::is_alphanumeric(text_[at_ + 1]));
  VersionAccess::set_local(version, std::move(label));
  return true;
}

bool VersionScanner::scan(Version& version) {
  version = Version();
  if (at_ < text_.size() && ascii::to_lower(text_[at_]) == 'v') ++at_;
  if (!numbers(version) || !pre(version) || !post(version) || !dev(version) || !local(version)) return false;
  VersionAccess::set_order(version);
  return true;
}

}  // namespace envlock::pypi
