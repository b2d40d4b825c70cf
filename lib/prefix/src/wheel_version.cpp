#include "wheel_version.h"

#include <array>
#include <utility>
#include <vector>

#include "envlock/core/text.h"

namespace envlock::prefix {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_separator(char c) {
  return c == '.' || c == '-' || c == '_';
}

std::string_view usual_word(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kWords{
      {{"alpha", "a"}, {"beta", "b"}, {"c", "rc"}, {"pre", "rc"}, {"preview", "rc"}, {"rev", "post"}, {"r", "post"}}};
  for (const auto& [from, to] : kWords) {
    if (word == from) return to;
  }
  return word;
}

std::string_view without_zeros(std::string_view number) {
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  return number;
}

/// Takes a public version apart into its release numbers and what follows.
struct Canonical {
  std::vector<std::string> release;
  std::string rest;

  void take_number(std::string_view number, bool after_hyphen) {
    if (rest.empty() && after_hyphen) rest = "post";  // "1.0-1"
    if (rest.empty()) {
      release.emplace_back(without_zeros(number));
    } else {
      rest += without_zeros(number);
    }
  }
  void take_word(std::string_view word) {
    // "1.0a" is "1.0a0".
    if (!rest.empty() && !is_digit(rest.back())) rest += '0';
    rest += usual_word(word);
  }
  std::string text() {
    if (!rest.empty() && !is_digit(rest.back())) rest += '0';
    while (release.size() > 1 && release.back() == "0") release.pop_back();
    return core::join(release, ".") + rest;
  }
};

/// Absent marks: "" for a text that is no version.
std::string canonical_public(std::string_view text) {
  Canonical canonical;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    if (is_digit(text[at])) {
      while (at < text.size() && is_digit(text[at])) ++at;
      canonical.take_number(text.substr(begin, at - begin), begin > 0 && text[begin - 1] == '-');
    } else if (is_letter(text[at])) {
      while (at < text.size() && is_letter(text[at])) ++at;
      canonical.take_word(text.substr(begin, at - begin));
    } else if (is_separator(text[at])) {
      ++at;
    } else {
      return "";
    }
  }
  return canonical.release.empty() ? "" : canonical.text();
}

std::string canonical_local(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    while (at < text.size() && !is_separator(text[at])) ++at;
    const std::string_view part = text.substr(begin, at - begin);
    const bool number = part.find_first_not_of("0123456789") == std::string_view::npos;
    out += '.' + std::string(number ? without_zeros(part) : part);
    ++at;
  }
  return out;
}

std::string canonical(std::string_view text) {
  const std::string lower = core::to_lower(core::trim(text));
  std::string_view version = lower;
  if (version.starts_with('v')) version.remove_prefix(1);
  std::string local;
  if (const std::size_t plus = version.find('+'); plus != std::string_view::npos) {
    local = canonical_local(version.substr(plus + 1));
    version = version.substr(0, plus);
  }
  std::string_view epoch = "0";
  if (const std::size_t mark = version.find('!'); mark != std::string_view::npos) {
    epoch = without_zeros(version.substr(0, mark));
    version.remove_prefix(mark + 1);
  }
  const std::string release = canonical_public(version);
  return release.empty() ? lower : std::string(epoch) + "!" + release + "+" + local;
}

}  // namespace

bool is_same_version(std::string_view left, std::string_view right) {
  return left == right || canonical(left) == canonical(right);
}

}  // namespace envlock::prefix
