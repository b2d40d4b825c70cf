#include "explicit_line.h"

#include "envlock/core/text.h"

namespace envlock::lock {
namespace {

constexpr std::string_view kPlatform = "# platform:";
constexpr std::string_view kPip = "# pip ";

// "HEX", "sha256:HEX", "md5:HEX"; conda-lock's pip lines have "sha256=HEX".
void read_hash(ExplicitLine& line) {
  std::string_view digits = line.hash;
  for (const std::string_view prefix : {"sha256:", "sha256=", "md5:", "md5="}) {
    if (digits.starts_with(prefix)) digits.remove_prefix(prefix.size());
  }
  line.sha256 = core::parse_sha256(digits);
  line.md5 = core::parse_md5(digits);
}

void split_hash(ExplicitLine& line, std::string_view text) {
  const std::size_t hash = text.rfind('#');
  line.value = core::trim(text.substr(0, hash));
  if (hash == std::string_view::npos) return;
  line.hash = core::trim(text.substr(hash + 1));
  read_hash(line);
}

}  // namespace

ExplicitLine parse_explicit_line(std::string_view text) {
  ExplicitLine line;
  text = core::trim(text);
  if (text.starts_with(kPlatform)) {
    line.kind = ExplicitLine::Kind::platform;
    line.value = core::trim(text.substr(kPlatform.size()));
  } else if (text.starts_with(kPip)) {
    const std::string_view requirement = text.substr(kPip.size());
    const std::size_t at = requirement.find(" @ ");
    if (at == std::string_view::npos) return line;
    line.kind = ExplicitLine::Kind::pip;
    line.pip_name = core::trim(requirement.substr(0, at));
    split_hash(line, requirement.substr(at + 3));
  } else if (!text.empty() && text.front() != '#' && text != "@EXPLICIT") {
    split_hash(line, text);
    line.kind = line.value.ends_with(".whl") ? ExplicitLine::Kind::pip : ExplicitLine::Kind::package;
  }
  return line;
}

}  // namespace envlock::lock
