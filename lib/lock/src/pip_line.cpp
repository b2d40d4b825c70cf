#include "pip_line.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"
#include "stored_text.h"

namespace envlock::lock {
namespace {

constexpr std::string_view kEditable = "-e ";
constexpr std::string_view kAt = " @ ";
constexpr std::string_view kSemicolon = " ; ";
constexpr std::string_view kSubdirectory = "#subdirectory=";

// "name[extra]" or "[extra]" as a requirement without conditions.
void read_name(std::string_view text, PipAsk& ask) {
  const pypi::Requirement requirement = pypi::Requirement::parse(text);
  ask.name = requirement.name;
  ask.extras = requirement.extras;
}

// "./pkg[a,b]": the extras of what has no name.
std::string_view take_extras(std::string_view location, PipAsk& ask) {
  const std::size_t open = location.rfind('[');
  if (!location.ends_with(']') || open == std::string_view::npos || open == 0) return location;
  PipAsk extras;
  read_name("x" + std::string(location.substr(open)), extras);
  ask.extras = std::move(extras.extras);
  return location.substr(0, open);
}

std::string_view take_subdirectory(std::string_view location, PipAsk& ask) {
  const std::size_t mark = location.find(kSubdirectory);
  if (mark == std::string_view::npos) return location;
  ask.subdirectory = location.substr(mark + kSubdirectory.size());
  return location.substr(0, mark);
}

// "git+https://host/repo@revision"; the "@" of a user name stands before the path.
void read_repository(std::string_view location, PipAsk& ask) {
  if (const std::size_t plus = location.find('+'); plus < location.find("://")) location.remove_prefix(plus + 1);
  const std::size_t scheme = location.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = location.find('/', host);
  const std::size_t at = location.rfind('@');
  if (path != std::string_view::npos && at != std::string_view::npos && at > path) {
    ask.revision = location.substr(at + 1);
    location = location.substr(0, at);
  }
  ask.location = location;
}

bool is_named(std::string_view before_at) {
  const std::string_view name = before_at.substr(0, before_at.find('['));
  return pypi::is_valid_name(name);
}

std::string with_extras(const std::vector<std::string>& extras) {
  return extras.empty() ? std::string() : "[" + core::join(extras, ",") + "]";
}

}  // namespace

PipAsk parse_pip_line(const PipLine& line) {
  PipAsk ask;
  std::string_view text = line.text;
  if (line.kind == PipLine::Kind::named) {
    pypi::Requirement requirement = pypi::Requirement::parse(text);
    ask.name = std::move(requirement.name);
    ask.extras = std::move(requirement.extras);
    ask.specifiers = std::move(requirement.specifiers);
    ask.marker = std::move(requirement.marker);
    return ask;
  }
  ask.editable = text.starts_with(kEditable);
  if (ask.editable) text.remove_prefix(kEditable.size());
  if (const std::size_t end = text.rfind(kSemicolon); end != std::string_view::npos) {
    ask.marker = pypi::Marker::parse(text.substr(end + kSemicolon.size()));
    text = text.substr(0, end);
  }
  if (const std::size_t at = text.find(kAt); at != std::string_view::npos && is_named(text.substr(0, at))) {
    read_name(text.substr(0, at), ask);
    text.remove_prefix(at + kAt.size());
  } else {
    text = take_extras(text, ask);
  }
  text = take_subdirectory(text, ask);
  if (line.kind == PipLine::Kind::vcs) {
    read_repository(text, ask);
  } else {
    ask.location = text;
  }
  return ask;
}

std::string fault_of(const PipLine& line) {
  if (has_control_character(line.text)) return "`" + core::printable(line.text) + "` holds a control character";
  try {
    const PipAsk ask = parse_pip_line(line);
    if (line.kind != PipLine::Kind::named && ask.location.empty()) return "this line names no place";
    if (line.kind == PipLine::Kind::named && ask.name.empty()) return "this line names no project";
    if (holds_login(ask.location)) return "the URL of this line holds credentials";
  } catch (const core::Error& error) {
    return error.diagnostics().front().what;
  }
  return {};
}

bool is_same_location(const std::string& left, const std::string& right) {
  const auto plain = [](const std::string& place) {
    auto url = core::parse_url(place.substr(0, place.find('#')));
    if (!url) return std::filesystem::path(place).lexically_normal().generic_string();
    url->user.clear();
    url->password.clear();
    return core::format(*url);
  };
  return plain(left) == plain(right);
}

PipLine canonical(const pypi::PipRequest& request, bool constraint) {
  using Kind = pypi::PipRequest::Kind;
  PipLine line{.kind = request.kind == Kind::named     ? PipLine::Kind::named
                       : request.kind == Kind::archive ? PipLine::Kind::archive
                       : request.kind == Kind::vcs     ? PipLine::Kind::vcs
                                                       : PipLine::Kind::directory,
               .text = {},
               .hashes = {},
               .category = request.category,
               .selector = request.selector,
               .constraint = constraint};
  const pypi::Requirement& requirement = request.requirement;
  if (request.kind == Kind::named) {
    line.text = requirement.format();
  } else {
    std::string location = without_login(request.kind == Kind::vcs ? request.location : request.written_location);
    // A query may be a secret, as in a signed link.
    const char* const ends = core::looks_like_url(location) ? "?#" : "#";
    if (const std::size_t end = location.find_first_of(ends); end != std::string::npos) location.resize(end);
    if (request.kind == Kind::vcs && !location.starts_with("git+")) location = "git+" + location;
    if (request.kind == Kind::vcs && !request.revision.empty()) location += "@" + request.revision;
    if (!request.subdirectory.empty()) location += std::string(kSubdirectory) + request.subdirectory;
    const std::string extras = with_extras(requirement.extras);
    line.text = request.editable ? kEditable : "";
    line.text += requirement.name.empty() ? location + extras : requirement.name + extras + std::string(kAt) + location;
    if (!requirement.marker.always()) line.text += std::string(kSemicolon) + requirement.marker.format();
  }
  for (const core::Sha256& hash : request.hashes) line.hashes.push_back("sha256:" + core::format(hash));
  std::sort(line.hashes.begin(), line.hashes.end());
  line.hashes.erase(std::unique(line.hashes.begin(), line.hashes.end()), line.hashes.end());
  return line;
}

PipInput pip_input(const pypi::PipRequests& requests, PipOptions options) {
  PipInput input{.options = std::move(options), .lines = {}, .places = {}};
  const auto add = [&](const pypi::PipRequest& request, bool constraint) {
    input.lines.push_back(canonical(request, constraint));
    input.places.push_back(request.where);
  };
  for (const pypi::PipRequest& each : requests.requests) add(each, false);
  for (const pypi::PipRequest& each : requests.constraints) add(each, true);
  return input;
}

}  // namespace envlock::lock
