#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/progress.h"
#include "envlock/diff/inventory.h"

namespace envlock::tools {

/// One thing that `envlock diff` was given, read but not yet understood.
struct DiffSource {
  std::string word;                             ///< as the user named it
  std::string label;                            ///< what reports call it
  std::optional<std::filesystem::path> prefix;  ///< the folder of an environment
  std::string text;                             ///< of anything else
  std::vector<core::Diagnostic> errors;         ///< why it could not be read
  bool is_run = false;                          ///< a document of the probe
};

/// Files, "-" (standard input, once), folders of environments, and files in git's history. What cannot be read has its
/// errors, so that all are told at once.
std::vector<DiffSource> read_diff_sources(const std::vector<std::string>& words);

/// Every source as an inventory. Where one side tells its machine and another is an environment of this machine, this
/// machine is looked at too. Throws: core::Error with the mistakes of all of them.
struct InventoryOptions {
  std::string environment;             ///< of a pixi.lock
  std::vector<std::string> platforms;  ///< only these; empty: all
};
std::vector<diff::Inventory> read_inventories(const std::vector<DiffSource>& sources, const InventoryOptions& options,
                                              core::Progress& progress, core::Notes& notes);

}  // namespace envlock::tools
