#include "artifact_url.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"

namespace envlock::lock {
namespace {

namespace fs = std::filesystem;

std::string decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      result += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string_view without_query(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

std::string_view last_part(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return path.substr(slash == std::string_view::npos ? 0 : slash + 1);
}

std::string_view without_last_part(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// "C:\pkgs\x.conda", "C:/pkgs/x.conda" or "\\server\share\x.conda": nothing that this system could open.
bool is_windows_path(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return text.starts_with("\\\\") ||
         (text.size() > 2 && letter(text[0]) && text[1] == ':' && (text[2] == '\\' || text[2] == '/'));
}

std::optional<std::string> harmless_variable(std::string_view name) {
  return sounds_secret(name) ? std::nullopt : core::environment_variable(name);
}

std::string forward_slashes(std::string text) {
  std::replace(text.begin(), text.end(), '\\', '/');
  return text;
}

std::string expand_home(std::string text) {
  if (text != "~" && !text.starts_with("~/")) return text;
  const std::optional<std::string> home = core::environment_variable("HOME");
  return home && !home->empty() ? *home + text.substr(1) : text;
}

// Without a working directory, as when it was removed, a relative path stays one.
fs::path absolute_path(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path.empty() ? fs::path(".") : path, error);
  return (error ? path : absolute).lexically_normal();
}

fs::path locate(const fs::path& path, const PathBases& bases) {
  if (path.is_absolute()) return path.lexically_normal();
  const fs::path beside_lock = absolute_path(bases.lock_folder / path);
  if (bases.working_directory.empty()) return beside_lock;
  const fs::path here = absolute_path(bases.working_directory / path);
  std::error_code ignored;
  return !fs::exists(beside_lock, ignored) && fs::exists(here, ignored) ? here : beside_lock;
}

// As channels name folders: relative to the lock, and never like a name.
std::string relative_folder(const fs::path& folder, const PathBases& bases) {
  const fs::path lock_folder = absolute_path(bases.lock_folder) / "";
  const std::string relative = folder.lexically_relative(lock_folder).generic_string();
  return relative == "." || relative.starts_with("..") ? relative : "./" + relative;
}

ArtifactPlace place_of_path(const std::string& path, const PathBases& bases) {
  const fs::path file = locate(path, bases);
  std::string folder = relative_folder(file.parent_path(), bases);
  return {.url = file.string(), .shown = folder + "/" + file.filename().string(), .folder = std::move(folder)};
}

}  // namespace

bool sounds_secret(std::string_view variable) {
  static constexpr std::array<std::string_view, 7> kEnds = {"USERNAME", "USER", "PASSWORD", "PASS",
                                                            "TOKEN",    "KEY",  "CRED"};
  return std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) { return variable.ends_with(end); });
}

std::optional<ArtifactName> artifact_name(std::string_view url) {
  url = without_query(url);
  ArtifactName name;
  name.file_name = decoded(last_part(url));
  const auto parts = conda::split_file_name(name.file_name);
  if (!parts || !conda::is_safe_file_name(name.file_name)) return std::nullopt;
  name.package = parts->name;
  name.version = parts->version;
  name.build = parts->build;
  const std::string_view folder = last_part(without_last_part(url));
  if (folder == "noarch" || conda::is_known_subdir(folder)) name.subdir = folder;
  return name;
}

ArtifactPlace artifact_place(std::string_view text, const PathBases& bases) {
  if (is_windows_path(text)) {
    const std::string shown = forward_slashes(std::string(text));
    return {.url = std::string(text), .shown = shown, .folder = std::string(without_last_part(shown))};
  }
  const std::string whole = core::expand_variables(text, core::environment_variable);
  if (const auto path = core::path_of_file_url(without_query(whole))) return place_of_path(*path, bases);
  if (core::looks_like_url(text)) {
    // Queries may hold signatures, and say nothing of which file it is.
    std::string shown = core::strip_credentials(without_query(core::expand_variables(text, harmless_variable)));
    std::string folder(without_last_part(shown));
    return {.url = whole, .shown = std::move(shown), .folder = std::move(folder)};
  }
  std::string path = expand_home(whole);
  if (path.find('/') == std::string::npos) path = forward_slashes(std::move(path));
  return place_of_path(path, bases);
}

std::vector<std::string> unset_variables(std::string_view text) {
  std::vector<std::string> names;
  const auto is_word = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    const std::size_t begin = at + 1 + (text.substr(at + 1).starts_with('{') ? 1 : 0);
    std::size_t end = begin;
    while (end < text.size() && is_word(text[end])) ++end;
    const std::string_view name = text.substr(begin, end - begin);
    if (!name.empty() && !core::environment_variable(name)) names.emplace_back(name);
  }
  return names;
}

std::string channel_of_folder(const std::string& folder, std::string_view subdir) {
  if (subdir.empty() || last_part(folder) != subdir) return {};
  const std::string_view channel = without_last_part(folder);
  // "./linux-64" lies in the lock's own folder.
  return channel.empty() ? "." : std::string(channel);
}

std::optional<WheelName> wheel_name(std::string_view url) {
  const std::string file_name = decoded(last_part(without_query(url)));
  if (!file_name.ends_with(".whl") || !conda::is_safe_file_name(file_name)) return std::nullopt;
  const std::vector<std::string_view> parts = core::split(file_name, '-');
  if (parts.size() < 5 || parts.size() > 6 || parts[0].empty() || parts[1].empty()) return std::nullopt;
  return WheelName{.package = pypi::normalize_name(parts[0]), .version = std::string(parts[1])};
}

}  // namespace envlock::lock
