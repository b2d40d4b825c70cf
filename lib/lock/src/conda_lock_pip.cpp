#include "conda_lock_pip.h"

#include <algorithm>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/pypi/name.h"

namespace envlock::lock {
namespace {

constexpr std::string_view kHash = "--hash=";

std::string trimmed(std::string_view text) {
  return std::string(core::trim(text));
}

std::string without_spaces(std::string_view text) {
  std::string result(text);
  std::erase_if(result, [](char c) { return c == ' ' || c == '\t'; });
  return result;
}

// The name that conda-lock gives a place without one: its last part.
std::string name_of_place(std::string_view place) {
  std::string_view last = place.substr(place.rfind('/') + 1);
  last = last.substr(0, last.find('@'));
  if (last.ends_with(".git")) last.remove_suffix(4);
  return std::string(last);
}

// Source: conda-lock's unpack_git_url, with its habit of leaving ".git" only where a revision follows.
void read_git(std::string url, CondaLockDependency& dependency) {
  if (url.ends_with(".git")) url.resize(url.size() - 4);
  url.erase(0, url.find('+') + 1);
  CondaLockDependency::Repository repository;
  const std::size_t path = url.find('/', url.find("://") + 3);
  if (const std::size_t at = url.rfind('@'); at != std::string::npos && at > path) {
    std::string revision = url.substr(at + 1);
    url.resize(at);
    constexpr std::string_view kSubdirectory = "#subdirectory=";
    if (const std::size_t mark = revision.find(kSubdirectory); mark != std::string::npos) {
      repository.subdirectory = revision.substr(mark + kSubdirectory.size());
      revision.resize(mark);
    }
    repository.revision = std::move(revision);
  }
  repository.source = std::move(url);
  dependency.repository = std::move(repository);
}

bool read_place(const std::string& place, CondaLockDependency& dependency) {
  if (place.starts_with("git+")) {
    read_git(place, dependency);
    dependency.extras.clear();
    return true;
  }
  if (!place.starts_with("https://") && !place.starts_with("ssh://")) return false;
  const std::size_t mark = place.find('#');
  std::string hash = mark == std::string::npos ? std::string() : place.substr(mark + 1);
  std::replace(hash.begin(), hash.end(), '=', ':');
  dependency.url = CondaLockDependency::Url{place.substr(0, mark), std::move(hash)};
  return true;
}

// "name[a,B]" and what follows.
std::string_view read_name(std::string_view text, CondaLockDependency& dependency) {
  const std::size_t end = std::min(text.find_first_of(" \t[<>=!~(@"), text.size());
  dependency.name = pypi::normalize_name(text.substr(0, end));
  if (!pypi::is_valid_name(text.substr(0, end))) dependency.name.clear();
  text = core::trim(text.substr(end));
  if (!text.starts_with('[')) return text;
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return text;
  for (const std::string_view extra : core::split(text.substr(1, close - 1), ',')) {
    dependency.extras.push_back(trimmed(extra));
  }
  std::sort(dependency.extras.begin(), dependency.extras.end());
  return core::trim(text.substr(close + 1));
}

std::string version_of(std::string_view text) {
  if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
  std::vector<std::string> clauses;
  for (const std::string_view clause : core::split(text, ',')) {
    std::string each = without_spaces(clause);
    if (each.starts_with("===")) each.erase(0, 1);
    if (!each.empty()) clauses.push_back(std::move(each));
  }
  std::sort(clauses.begin(), clauses.end());
  return clauses.empty() ? "*" : core::join(clauses, ",");
}

}  // namespace

std::optional<CondaLockDependency> conda_lock_pip_dependency(std::string_view line, const std::string& category) {
  if (line.starts_with("-")) return std::nullopt;
  CondaLockDependency dependency;
  dependency.manager = "pip";
  dependency.category = category;
  if (const std::size_t mark = line.rfind(';'); mark != std::string_view::npos) {
    dependency.markers = trimmed(line.substr(mark + 1));
    line = core::trim(line.substr(0, mark));
  }
  if (const std::size_t at = line.find(kHash); at != std::string_view::npos) {
    dependency.hash = trimmed(line.substr(at + kHash.size()));
    line = core::trim(line.substr(0, at));
  }
  std::string whole(line);
  if (line.starts_with("git+") || line.starts_with("https://") || line.starts_with("ssh://")) {
    whole = name_of_place(line) + " @ " + whole;
  }
  const std::string_view rest = read_name(whole, dependency);
  if (dependency.name.empty()) return std::nullopt;
  if (rest.starts_with('@')) {
    if (!read_place(trimmed(rest.substr(1)), dependency)) return std::nullopt;
  } else {
    dependency.version = version_of(rest);
  }
  return dependency;
}

}  // namespace envlock::lock
