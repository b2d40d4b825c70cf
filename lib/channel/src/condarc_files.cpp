#include "condarc_files.h"

#include <algorithm>

#include "envlock/core/text.h"

namespace envlock::channel {
namespace {

namespace fs = std::filesystem;

void add_file(const fs::path& path, std::vector<fs::path>& out) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) out.push_back(path);
}

/// The *.yml and *.yaml of a condarc.d folder, by name.
void add_folder(const fs::path& folder, std::vector<fs::path>& out) {
  std::vector<fs::path> found;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string suffix = entry->path().extension().string();
    if (suffix == ".yml" || suffix == ".yaml") add_file(entry->path(), found);
  }
  std::sort(found.begin(), found.end());
  out.insert(out.end(), found.begin(), found.end());
}

void add_place(const fs::path& folder, std::vector<fs::path>& out) {
  add_file(folder / ".condarc", out);
  add_file(folder / "condarc", out);
  add_folder(folder / "condarc.d", out);
}

/// The base environment. conda knows it by itself; we know it where conda's shell functions left word of it.
std::optional<fs::path> base_environment(const CondarcEnvironment& environment) {
  if (const auto root = environment.variable("CONDA_ROOT"); root && !root->empty()) return *root;
  if (const auto program = environment.variable("CONDA_EXE"); program && !program->empty()) {
    return fs::path(*program).parent_path().parent_path();
  }
  if (const auto root = environment.variable("MAMBA_ROOT_PREFIX"); root && !root->empty()) return *root;
  return std::nullopt;
}

/// $CONDARC may be a file of any name, or a folder.
void add_named(const CondarcEnvironment& environment, core::Notes& notes, std::vector<fs::path>& out) {
  const std::optional<std::string> named = environment.variable("CONDARC");
  if (!named || named->empty()) return;
  const fs::path path = named->substr(0, 2) == "~/" ? environment.home / named->substr(2) : fs::path(*named);
  std::error_code error;
  if (fs::is_directory(path, error)) {
    add_folder(path, out);
  } else if (fs::is_regular_file(path, error)) {
    out.push_back(path);
  } else {
    core::Diagnostic diagnostic;
    diagnostic.code = "condarc-missing";
    diagnostic.what = "CONDARC names `" + core::printable(*named) + "`, which is no file";
    diagnostic.hints = {"correct the variable, or unset it"};
    notes.warning(std::move(diagnostic));
  }
}

}  // namespace

std::vector<fs::path> find_condarc_files(const CondarcEnvironment& environment, core::Notes& notes) {
  std::vector<fs::path> all;
  add_place(environment.system_folder, all);
  if (environment.system_folder == "/etc/conda") add_place("/var/lib/conda", all);
  if (const std::optional<fs::path> base = base_environment(environment)) add_place(*base, all);
  if (const auto config = environment.variable("XDG_CONFIG_HOME"); config && !config->empty()) {
    add_place(fs::path(*config) / "conda", all);
  }
  if (!environment.home.empty()) {
    add_place(environment.home / ".config" / "conda", all);
    add_place(environment.home / ".conda", all);
    add_file(environment.home / ".condarc", all);
  }
  if (const auto prefix = environment.variable("CONDA_PREFIX"); prefix && !prefix->empty()) add_place(*prefix, all);
  add_named(environment, notes, all);
  // A file found twice counts where it has the highest precedence.
  std::vector<fs::path> once;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto later = all.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    if (std::find(later, all.end(), all[i]) == all.end()) once.push_back(all[i]);
  }
  return once;
}

}  // namespace envlock::channel
