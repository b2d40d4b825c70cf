#include "envlock/pypi/version.h"

#include <array>

#include "ascii.h"
#include "invalid.h"
#include "version_scanner.h"

namespace envlock::pypi {

Version::Version() : release_{0} {
  VersionAccess::set_order(*this);
}

namespace {

/// Where and why a text is no version. Absent: it is one.
std::optional<Problem> parse_whole(std::string_view text, Version& version) {
  std::size_t begin = 0;
  while (begin < text.size() && ascii::is_space(text[begin])) ++begin;
  if (begin == text.size()) return Problem{begin, "it is empty"};
  VersionScanner scanner(text, begin);
  if (!scanner.scan(version)) return Problem{scanner.at(), scanner.reason()};
  std::size_t end = scanner.at();
  while (end < text.size() && ascii::is_space(text[end])) ++end;
  if (end != text.size()) return Problem{end, "what stands from there on is no part of a version"};
  return std::nullopt;
}

}  // namespace

Version Version::parse(std::string_view text) {
  Version version;
  if (const std::optional<Problem> problem = parse_whole(text, version)) {
    throw_invalid("invalid-version", "is not a version of PEP 440", text, *problem,
                  "write a version such as `1.26.4`, `2.0rc1` or `2.5.1+cu121`");
  }
  return version;
}

std::optional<Version> Version::try_parse(std::string_view text) {
  std::optional<Version> version(std::in_place);
  if (parse_whole(text, *version)) return std::nullopt;
  return version;
}

std::string Version::format_base() const {
  std::string text;
  if (epoch_ != 0) text = std::to_string(epoch_) + '!';
  for (std::size_t i = 0; i < release_.size(); ++i) {
    if (i != 0) text += '.';
    text += std::to_string(release_[i]);
  }
  return text;
}

std::string Version::format_public() const {
  static constexpr std::array<const char*, 3> kPhases{"a", "b", "rc"};
  std::string text = format_base();
  if (phase_ != Phase::final) text += kPhases[static_cast<std::size_t>(phase_)] + std::to_string(pre_);
  if (has_post_) text += ".post" + std::to_string(post_);
  if (has_dev_) text += ".dev" + std::to_string(dev_);
  return text;
}

std::string Version::format() const {
  return local_.empty() ? format_public() : format_public() + '+' + local_;
}

}  // namespace envlock::pypi
