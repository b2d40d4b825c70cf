#include "environment_path.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProjectPrefix = ".envlock/env";
constexpr std::string_view kRootsAtHome[] = {"miniforge3", "mambaforge", "miniconda3",
                                             "anaconda3",  "micromamba", ".local/share/mamba"};

std::string variable(const char* name) {
  return core::environment_variable(name).value_or("");
}

fs::path whole_path(const fs::path& path) {
  fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();  // without a final slash
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_environment(const fs::path& path) {
  return is_folder(path / "conda-meta");
}

void add_once(std::vector<fs::path>& all, const fs::path& path) {
  // A relative folder would mean another one in every working directory.
  if (!path.is_absolute()) return;
  const fs::path whole = whole_path(path);
  if (std::find(all.begin(), all.end(), whole) == all.end()) all.push_back(whole);
}

fs::path expand_home(std::string_view text) {
  if (text == "~" || text.substr(0, 2) == "~/") return fs::path(variable("HOME") + std::string(text.substr(1)));
  return fs::path(text);
}

std::vector<fs::path> root_prefixes() {
  std::vector<fs::path> roots;
  if (const std::string root = variable("MAMBA_ROOT_PREFIX"); !root.empty()) add_once(roots, expand_home(root));
  // ROOT/bin/conda
  if (const fs::path conda = variable("CONDA_EXE"); conda.has_parent_path()) {
    add_once(roots, conda.parent_path().parent_path());
  }
  if (const std::string home = variable("HOME"); !home.empty()) {
    for (const std::string_view name : kRootsAtHome) {
      if (is_folder(fs::path(home) / name)) add_once(roots, fs::path(home) / name);
    }
  }
  return roots;
}

/// Whether a folder can be made or filled there.
bool is_writable(fs::path folder) {
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_parent_path() && folder != folder.parent_path()) {
    folder = folder.parent_path();
  }
  return is_folder(folder) && access(folder.c_str(), W_OK | X_OK) == 0;
}

void check_options(const PrefixArgs& args) {
  if (!args.prefix.empty() && !args.name.empty()) {
    throw core::Error({.code = "invalid-argument",
                       .what = "`-p` and `-n` both name an environment",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {"give one of them"}});
  }
  // conda's own rule for names; "." and ".." would leave the folder.
  const bool is_name = args.name != "." && args.name != ".." && args.name.find_first_of("/ :#") == std::string::npos &&
                       std::all_of(args.name.begin(), args.name.end(), [](char c) { return c > ' ' && c != '\x7f'; });
  if (!is_name) {
    throw core::Error({.code = "invalid-argument",
                       .what = "`" + core::printable(args.name, 60) + "` cannot be the name of an environment",
                       .where = std::nullopt,
                       .why = {"a name has no slash, space, colon, `#` or control character"},
                       .hints = {"give a folder with `-p PREFIX`"}});
  }
}

std::optional<fs::path> find_named(const std::string& name) {
  if (name == "base") {
    for (const fs::path& root : root_prefixes()) {
      if (is_environment(root)) return root;
    }
  }
  for (const fs::path& folder : environment_folders()) {
    if (is_environment(folder / name)) return folder / name;
  }
  return std::nullopt;
}

/// Names of all environments, sorted, each once.
std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const fs::path& folder : environment_folders()) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      if (is_environment(entry->path())) names.push_back(entry->path().filename());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

[[noreturn]] void throw_unknown(const std::string& name) {
  core::Diagnostic diagnostic{.code = "unknown-environment",
                              .what = "there is no environment named `" + core::printable(name, 60) + "`",
                              .where = std::nullopt,
                              .why = {},
                              .hints = {}};
  for (const fs::path& folder : environment_folders()) {
    diagnostic.why.push_back("looked in " + core::printable(folder.string()));
  }
  if (diagnostic.why.empty()) diagnostic.why.push_back("no folder of environments is known: HOME is not set");
  if (const auto near = core::closest_match(name, known_names())) {
    diagnostic.hints.push_back("did you mean `-n " + core::printable(*near, 60) + "`?");
  }
  diagnostic.hints.push_back("give its folder with `-p PREFIX`, or set CONDA_ENVS_DIRS");
  throw core::Error(std::move(diagnostic));
}

}  // namespace

std::vector<fs::path> environment_folders() {
  std::vector<fs::path> folders;
  for (const char* name : {"CONDA_ENVS_DIRS", "CONDA_ENVS_PATH"}) {
    const std::string value = variable(name);
    for (const std::string_view part : core::split(value, ':')) {
      if (!part.empty()) add_once(folders, expand_home(part));
    }
  }
  for (const fs::path& root : root_prefixes()) add_once(folders, root / "envs");
  if (const std::string home = variable("HOME"); !home.empty()) add_once(folders, fs::path(home) / ".conda/envs");
  return folders;
}

std::optional<fs::path> find_prefix(const PrefixArgs& args) {
  check_options(args);
  if (!args.prefix.empty()) return whole_path(args.prefix);
  if (!args.name.empty()) {
    if (const auto found = find_named(args.name)) return found;
    throw_unknown(args.name);
  }
  if (const std::string active = variable("CONDA_PREFIX"); !active.empty()) return whole_path(active);
  if (is_environment(kProjectPrefix)) return whole_path(kProjectPrefix);
  return std::nullopt;
}

fs::path require_prefix(const PrefixArgs& args) {
  if (const auto found = find_prefix(args)) return *found;
  throw core::Error({.code = "no-prefix",
                     .what = "no environment is named, and none is active",
                     .where = std::nullopt,
                     .why = {"CONDA_PREFIX is not set, and there is no `" + std::string(kProjectPrefix) + "` here"},
                     .hints = {"give one with `-p PREFIX` or `-n NAME`, or activate it"}});
}

fs::path prefix_to_create(const PrefixArgs& args, const fs::path& lock) {
  check_options(args);
  if (!args.prefix.empty()) return whole_path(args.prefix);
  if (args.name.empty()) return whole_path(lock.parent_path() / kProjectPrefix);
  if (args.name == "base") {
    throw core::Error(
        {.code = "invalid-argument",
         .what = "`base` is no name for an environment of a lock",
         .where = std::nullopt,
         .why = {"it means the root prefix, in which conda or mamba itself lives; to make that equal to a "
                 "lock would remove it"},
         .hints = {"choose another name, or give a folder with `-p PREFIX`"}});
  }
  if (const auto found = find_named(args.name)) return *found;
  core::Diagnostic diagnostic{.code = "no-prefix",
                              .what = "no folder of environments can be written",
                              .where = std::nullopt,
                              .why = {},
                              .hints = {"give a folder with `-p PREFIX`, or set CONDA_ENVS_DIRS"}};
  for (const fs::path& folder : environment_folders()) {
    if (is_writable(folder)) return folder / args.name;
    diagnostic.why.push_back("cannot write " + core::printable(folder.string()));
  }
  throw core::Error(std::move(diagnostic));
}

}  // namespace envlock::tools
