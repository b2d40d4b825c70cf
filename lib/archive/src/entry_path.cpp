#include "entry_path.h"

#include <algorithm>
#include <vector>

#include "envlock/core/text.h"

namespace envlock::archive {
namespace {

constexpr std::size_t kLongestPart = 255;      // NAME_MAX
constexpr std::size_t kLongestPath = 3 << 10;  // leaves a quarter of PATH_MAX for where the package is put

std::string wrong_characters(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return "the name holds a NUL";
  const bool control = std::any_of(text.begin(), text.end(), [](char each) {
    const auto byte = static_cast<unsigned char>(each);
    return byte < 0x20 || byte == 0x7f;
  });
  if (control) return "the name holds a control character";
  if (!core::is_valid_utf8(text)) return "the name is not UTF-8";
  return "";
}

/// systemd's units have backslashes in their names, so these are allowed as long as they lead nowhere.
std::string wrong_backslashes(std::string_view text) {
  if (text.find('\\') == std::string_view::npos) return "";
  std::string slashed(text);
  std::replace(slashed.begin(), slashed.end(), '\\', '/');
  if (slashed.front() == '/') return "the name is absolute where a backslash is a slash";
  for (const std::string_view part : core::split(slashed, '/')) {
    if (part == "..") return "the name leads outside where a backslash is a slash";
  }
  if (slashed.size() > 2 && slashed[1] == ':' && slashed[2] == '/') return "the name is absolute on Windows";
  return "";
}

/// The plain case, in one pass and without a copy: ASCII without control characters and backslashes, parts that are
/// neither empty nor dots, all short enough.
bool is_plain(std::string_view name) {
  if (name.empty() || name.size() > kLongestPath) return false;
  std::size_t part = 0;  // where it begins
  for (std::size_t i = 0; i <= name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(i < name.size() ? name[i] : '/');
    if (byte < 0x20 || byte >= 0x7f || byte == '\\') return false;
    if (byte != '/') continue;
    if (i == part || name[part] == '.' || i - part > kLongestPart) return false;
    part = i + 1;
  }
  return true;
}

}  // namespace

bool is_checked_path(std::string_view name) {
  if (is_plain(name)) return true;
  const CheckedPath checked = check_path(name);
  return checked.wrong.empty() && checked.path == name;
}

CheckedPath check_path(std::string_view name) {
  CheckedPath checked;
  if (name.empty()) checked.wrong = "the name is empty";
  if (checked.wrong.empty()) checked.wrong = wrong_characters(name);
  if (checked.wrong.empty() && name.front() == '/') checked.wrong = "the name is absolute";
  if (checked.wrong.empty()) checked.wrong = wrong_backslashes(name);
  if (checked.wrong.empty() && name.size() > kLongestPath) checked.wrong = "the name is longer than 3,072 bytes";
  if (!checked.wrong.empty()) return checked;
  checked.path.reserve(name.size());
  while (!name.empty()) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, slash);
    name.remove_prefix(std::min(slash + 1, name.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") checked.wrong = "the name has a part `..`";
    if (part.size() > kLongestPart) checked.wrong = "a part of the name is longer than 255 bytes";
    if (!checked.path.empty()) checked.path += '/';
    checked.path += part;
  }
  return checked;
}

std::string check_link_target(std::string_view path, std::string_view target) {
  if (target.empty()) return "the symlink points to nothing";
  if (const std::string wrong = wrong_characters(target); !wrong.empty()) return "of the symlink's target: " + wrong;
  if (target.size() > kLongestPath) return "the symlink's target is longer than 3,072 bytes";
  const auto leads = [whole = target](const char* where) {
    return "the symlink points to `" + core::printable(whole) + "`, " + where;
  };
  if (target.front() == '/') return leads("an absolute path");
  std::ptrdiff_t depth = std::count(path.begin(), path.end(), '/');
  while (!target.empty()) {
    const std::size_t slash = std::min(target.find('/'), target.size());
    const std::string_view part = target.substr(0, slash);
    target.remove_prefix(std::min(slash + 1, target.size()));
    if (part.empty() || part == ".") continue;
    depth += part == ".." ? -1 : 1;
    if (depth < 0) return leads("which is outside the package");
  }
  return "";
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace envlock::archive
