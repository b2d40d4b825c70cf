#include "diff_sources.h"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <utility>

#include "diff_git.h"
#include "envlock/core/file.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargest = std::uint64_t{256} << 20;
constexpr std::string_view kRunName = "\"envlock-probe-run\"";

std::string read_standard_input() {
  std::string text;
  char buffer[65536];
  while (std::cin.read(buffer, sizeof buffer), std::cin.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > kLargest) {
      throw core::Error({.code = "file-too-large",
                         .what = "standard input is larger than anything that is compared",
                         .where = std::nullopt,
                         .why = {},
                         .hints = {}});
    }
  }
  return text;
}

std::string read_text(const std::string& word) {
  if (word == "-") return read_standard_input();
  if (const std::optional<GitFile> file = as_git_file(word)) return read_git_file(*file, word);
  return core::read_file(word, kLargest);
}

DiffSource read_source(const std::string& word) {
  DiffSource source;
  source.word = word;
  source.label = word == "-" ? "<stdin>" : word;
  std::error_code ignored;
  if (fs::is_directory(fs::path(word) / "conda-meta", ignored)) {
    source.prefix = word;
    return source;
  }
  try {
    source.text = read_text(word);
  } catch (const core::Error& error) {
    source.errors = error.diagnostics();
  }
  const std::string_view begin = core::trim(std::string_view(source.text).substr(0, 4096));
  // A snapshot may hold a run.
  source.is_run =
      begin.starts_with('{') && begin.find(kRunName) != std::string_view::npos && !snapshot::is_snapshot(source.text);
  return source;
}

diff::Inventory read_inventory(const DiffSource& source, const InventoryOptions& options, core::Progress& progress,
                               core::Notes& notes) {
  if (!source.errors.empty()) throw core::Error(source.errors);
  if (!source.prefix) return diff::parse_inventory(source.text, source.label, options.environment, notes);
  snapshot::Snapshot snapshot;
  snapshot.environment = snapshot::capture_environment(*source.prefix, snapshot::Roots::skip, progress, notes);
  return diff::inventory_of(snapshot, source.label, diff::SourceKind::prefix);
}

void restrict_platforms(std::vector<diff::Inventory>& inventories, const std::vector<std::string>& platforms) {
  if (platforms.empty()) return;
  std::vector<core::Diagnostic> errors;
  for (diff::Inventory& inventory : inventories) {
    if (inventory.platforms.empty()) continue;  // a machine
    std::vector<std::string> known;
    for (const auto& platform : inventory.platforms) known.push_back(platform.name);
    if (diff::restrict_to(inventory, platforms)) continue;
    const std::optional<std::string> meant = core::closest_match(platforms.front(), known);
    errors.push_back({.code = "unknown-platform",
                      .what = "`" + core::printable(core::join(platforms, "`, `")) + "` is not a platform of " +
                              core::printable(inventory.label),
                      .where = std::nullopt,
                      .why = {"it has " + core::printable(core::join(known, ", "))},
                      .hints = meant ? std::vector<std::string>{"did you mean `-p " + core::printable(*meant) + "`?"}
                                     : std::vector<std::string>{}});
  }
  if (!errors.empty()) throw core::Error(std::move(errors));
}

/// Packages of this machine against the snapshot of another: the machines are compared too.
void look_at_this_machine(std::vector<diff::Inventory>& inventories, core::Notes& notes) {
  const auto has_machine = [](const diff::Inventory& inventory) { return inventory.machine.has_value(); };
  if (std::none_of(inventories.begin(), inventories.end(), has_machine)) return;
  std::optional<snapshot::Machine> machine;
  for (diff::Inventory& inventory : inventories) {
    if (inventory.kind != diff::SourceKind::prefix) continue;
    if (!machine) machine = snapshot::capture_machine(notes);
    inventory.machine = machine;
    for (auto& platform : inventory.platforms) platform.virtual_packages = machine->virtual_packages;
  }
}

}  // namespace

std::vector<DiffSource> read_diff_sources(const std::vector<std::string>& words) {
  std::vector<DiffSource> sources;
  for (const std::string& word : words) {
    const auto same = std::find_if(sources.begin(), sources.end(),
                                   [&](const DiffSource& source) { return word == "-" && source.word == word; });
    sources.push_back(same == sources.end() ? read_source(word) : *same);
  }
  return sources;
}

std::vector<diff::Inventory> read_inventories(const std::vector<DiffSource>& sources, const InventoryOptions& options,
                                              core::Progress& progress, core::Notes& notes) {
  std::vector<diff::Inventory> inventories(sources.size());
  std::vector<core::Notes> found(sources.size());
  std::vector<std::vector<core::Diagnostic>> errors(sources.size());
  core::parallel_for(sources.size(), 0, [&](std::size_t i) {
    try {
      inventories[i] = read_inventory(sources[i], options, progress, found[i]);
    } catch (const core::Error& error) {
      errors[i] = error.diagnostics();
    }
  });
  std::vector<core::Diagnostic> all;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    notes.append(found[i]);
    for (core::Diagnostic& each : errors[i]) {
      if (std::find(all.begin(), all.end(), each) == all.end()) all.push_back(std::move(each));
    }
  }
  if (!all.empty()) throw core::Error(std::move(all));
  restrict_platforms(inventories, options.platforms);
  look_at_this_machine(inventories, notes);
  return inventories;
}

}  // namespace envlock::tools
