#include "line_location.h"

#include <algorithm>
#include <array>

#include "ascii.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/tags.h"
#include "requirement_scanner.h"

namespace envlock::pypi {
namespace {

bool is_archive(std::string_view path) {
  static constexpr std::array<std::string_view, 12> kEndings{
      ".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tbz", ".txz", ".tar", ".tar.lz", ".tlz", ".tar.lzma"};
  const std::string lower = core::to_lower(path);
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return lower.ends_with(ending); });
}

/// "git" of "git+https://...". Absent: it names no version control system.
std::optional<std::string_view> vcs_of(std::string_view text) {
  static constexpr std::array<std::string_view, 4> kSystems{"git", "hg", "svn", "bzr"};
  const std::string lower = core::to_lower(text.substr(0, 4));
  for (const std::string_view system : kSystems) {
    if (lower.starts_with(system) && text.substr(system.size()).starts_with('+')) return system;
  }
  return std::nullopt;
}

bool is_file_url(std::string_view text) {
  return core::to_lower(text.substr(0, 5)) == "file:";
}

/// A path of "file:///a", "file://localhost/a" or "file:./a", percent-decoded.
std::string path_of(std::string_view file_url) {
  if (const auto path = core::path_of_file_url(file_url)) return *path;
  const std::string_view rest = file_url.substr(std::string_view("file:").size());
  // Decoded as if it were absolute.
  const bool absolute = rest.starts_with('/');
  const std::string as_url = "file://" + std::string(absolute ? "" : "/") + std::string(rest);
  const std::string path = core::path_of_file_url(as_url).value_or(std::string(rest));
  return absolute ? path : path.substr(std::min<std::size_t>(path.size(), 1));
}

/// Without user and password, which are secret; the user of ssh is none: all have it.
std::string without_credentials(std::string_view url) {
  std::optional<core::Url> parts = core::parse_url(url);
  if (!parts) return std::string(url);
  if (!parts->scheme.ends_with("ssh")) return core::strip_credentials(url);
  parts->password.clear();
  return core::format(*parts);
}

struct Fragment {
  std::string_view before;  ///< the URL without it
  std::string_view text;
};

Fragment split_fragment(std::string_view url) {
  const std::size_t hash = std::min(url.find('#'), url.size());
  return {url.substr(0, hash), url.substr(std::min(hash + 1, url.size()))};
}

/// "https://host/r.git@v1" as its repository and "v1".
struct Repository {
  std::string_view url;
  std::string_view revision;
};

Repository split_revision(std::string_view url) {
  const std::size_t authority = url.find("://");
  const std::size_t path = authority == std::string_view::npos ? 0 : url.find('/', authority + 3);
  const std::size_t at = url.rfind('@');
  if (path == std::string_view::npos || at == std::string_view::npos || at < path) return {url, {}};
  return {url.substr(0, at), url.substr(at + 1)};
}

class LocationReader {
 public:
  LocationReader(const LocationText& text, const LineFolders& folders, PipRequest& request)
      : text_(text), folders_(folders), request_(request) {}

  std::optional<Problem> read() {
    if (const auto vcs = vcs_of(text_.value)) return repository(*vcs);
    if (is_file_url(text_.value)) return file();
    if (core::looks_like_url(text_.value)) return url();
    return path(text_.value, text_.value != text_.written);
  }

 private:
  std::optional<Problem> repository(std::string_view vcs) {
    if (vcs != "git") return Problem{0, "of version control systems only git is known"};
    request_.kind = PipRequest::Kind::vcs;
    const std::size_t skipped = std::string_view("git+").size();
    const Fragment value = split_fragment(text_.value);
    if (auto problem = fragment(value)) return problem;
    const Repository repository = split_revision(value.before.substr(skipped));
    if (!core::looks_like_url(repository.url)) {
      return Problem{skipped, "behind `git+` stands a URL, such as `https://` or `ssh://git@`"};
    }
    request_.location = repository.url;
    request_.revision = repository.revision;
    request_.written_location = without_credentials(repository.url);
    return std::nullopt;
  }

  std::optional<Problem> url() {
    request_.kind = PipRequest::Kind::archive;
    const Fragment value = split_fragment(text_.value);
    if (auto problem = fragment(value)) return problem;
    request_.location = value.before;
    request_.written_location = without_credentials(value.before);
    const std::string_view bare = value.before.substr(0, value.before.find('?'));
    name_of_wheel(core::path_of_file_url("file:///" + std::string(bare.substr(bare.rfind('/') + 1))).value_or(""));
    return std::nullopt;
  }

  std::optional<Problem> file() {
    const Fragment value = split_fragment(text_.value);
    if (auto problem = fragment(value)) return problem;
    const std::string path = path_of(value.before);
    const bool has_variable = text_.value != text_.written;
    return this->path(path, has_variable);
  }

  std::optional<Problem> path(std::string_view value, bool has_variable) {
    request_.kind = is_archive(value) ? PipRequest::Kind::archive : PipRequest::Kind::directory;
    const std::filesystem::path absolute = absolute_path(value, folders_.folder);
    request_.location = absolute.string();
    if (request_.kind == PipRequest::Kind::archive) name_of_wheel(absolute.filename().string());
    request_.written_location = written_path(value, has_variable, absolute);
    return std::nullopt;
  }

  /// Relative paths as seen from environment.yml, also those of files that it includes. With a variable all paths are:
  /// its value may be another on each machine. So are those without a name, which a lock finds by their place only.
  std::string written_path(std::string_view value, bool has_variable, const std::filesystem::path& absolute) const {
    const bool is_found_by_name = !has_variable && !request_.requirement.name.empty();
    if (std::filesystem::path(value).is_absolute() && is_found_by_name) return std::string(value);
    const std::filesystem::path relative = absolute.lexically_relative(absolute_path(".", folders_.root));
    const std::string text = relative.generic_string();
    return text == "." || text.starts_with("..") ? text : "./" + text;
  }

  void name_of_wheel(std::string_view file_name) {
    const std::size_t slash = file_name.rfind('/');
    if (slash != std::string_view::npos) file_name.remove_prefix(slash + 1);
    const std::optional<WheelName> wheel = parse_wheel_name(file_name);
    if (wheel && request_.requirement.name.empty()) request_.requirement.name = wheel->name;
  }

  /// "egg=name[extra]&subdirectory=x&sha256=...".
  std::optional<Problem> fragment(const Fragment& fragment) {
    for (const std::string_view part : core::split(fragment.text, '&')) {
      const std::size_t equals = std::min(part.find('='), part.size());
      const std::string_view key = part.substr(0, equals);
      const std::string_view value = part.substr(std::min(equals + 1, part.size()));
      const std::size_t at = static_cast<std::size_t>(value.data() - text_.value.data());
      if (key == "subdirectory") {
        request_.subdirectory = value;
      } else if (key == "sha256") {
        const auto digest = core::parse_sha256(value);
        if (!digest) return Problem{at, "a SHA-256 is 64 hexadecimal digits"};
        request_.hashes.push_back(*digest);
      } else if (key == "egg") {
        if (auto problem = egg(value, at)) return problem;
      }
    }
    return std::nullopt;
  }

  std::optional<Problem> egg(std::string_view text, std::size_t at) {
    Requirement named;
    if (auto problem = scan_requirement(text, named)) {
      problem->problem.at += at;
      return std::move(problem->problem);
    }
    if (request_.requirement.name.empty()) {
      request_.requirement.name = named.name;
      request_.requirement.extras = named.extras;
    }
    return std::nullopt;
  }

  LocationText text_;
  const LineFolders& folders_;
  PipRequest& request_;
};

}  // namespace

std::filesystem::path absolute_path(std::string_view path, const std::filesystem::path& folder) {
  const std::filesystem::path absolute =
      (std::filesystem::absolute(folder) / std::filesystem::path(path)).lexically_normal();
  // "a/." is "a/": without a name at its end.
  return absolute.has_filename() || !absolute.has_relative_path() ? absolute : absolute.parent_path();
}

std::string secret_in_path(std::string_view written) {
  static constexpr std::array<std::string_view, 5> kSecret{"TOKEN", "PASS", "SECRET", "KEY", "AUTH"};
  const std::size_t authority = written.find("://");
  if (authority == std::string_view::npos) return "";
  const std::size_t path = std::min(written.find('/', authority + 3), written.size());
  const std::string_view rest = written.substr(path, written.find_first_of("?# \t", path) - path);
  for (std::size_t at = rest.find("${"); at != std::string_view::npos; at = rest.find("${", at + 1)) {
    const std::string_view variable = rest.substr(at, rest.find('}', at) - at + 1);
    const bool secret = std::any_of(kSecret.begin(), kSecret.end(), [&](std::string_view word) {
      return variable.find(word) != std::string_view::npos;
    });
    if (secret && variable.ends_with('}')) return std::string(variable);
  }
  return "";
}

bool looks_like_location(std::string_view text) {
  if (vcs_of(text) || is_file_url(text) || core::looks_like_url(text)) return true;
  if (text.starts_with('.') || text.starts_with('/')) return true;
  // The name of a project is over where its extras, clauses, URL or marker begin.
  const std::string_view word = text.substr(0, text.find_first_of("[<>=!~;@( \t"));
  return word.find('/') != std::string_view::npos || (word.size() == text.size() && is_archive(word)) ||
         core::to_lower(word).ends_with(".whl");
}

std::optional<Problem> read_location(const LocationText& text, const LineFolders& folders, PipRequest& request) {
  return LocationReader(text, folders, request).read();
}

}  // namespace envlock::pypi
