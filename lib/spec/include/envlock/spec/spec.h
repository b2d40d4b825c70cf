#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/request.h"
#include "envlock/core/diagnostic.h"

namespace envlock::spec {

/// A channel line: a name, a URL or a path, variables expanded.
struct ChannelEntry {
  std::string text;     ///< after expansion; may hold a secret
  std::string written;  ///< as written, for messages
  core::SourceSpan where;
};

/// A line of a `pip:` list, kept for the PyPI half: a requirements-file line, not just a PEP 508 requirement.
struct PipLine {
  std::string text;
  std::string category = "main";
  std::string selector;
  core::SourceSpan where;
};

struct Variable {
  std::string value;
  core::SourceSpan where;
};

struct PlatformEntry {
  std::string name;
  core::SourceSpan where;
};

/// What environment.yml files ask for, merged.
/// Order: everything as written, file after file; a lock sorts for itself.
/// Source: CEP 24.
struct Spec {
  std::vector<std::string> files;  ///< as the user named them
  std::optional<std::string> name;
  std::optional<std::string> prefix;
  std::vector<ChannelEntry> channels;  ///< in priority order, `nodefaults` taken out
  bool nodefaults = false;
  std::vector<conda::Request> requests;  ///< all platforms; each applies where its selector holds
  std::vector<PipLine> pip;
  std::map<std::string, Variable> variables;
  std::vector<PlatformEntry> platforms;  ///< empty: not said
  /// conda-lock's `pip-repositories`, as written: part of its hash of the input, and nothing else here. May hold
  /// secrets.
  std::vector<std::string> pip_repositories;
};

/// Reads and merges environment.yml files ("-": standard input). Constraints of one name add up; channels keep their
/// order, which must not contradict. Unknown keys and leniencies become notes; mistakes are all reported at once.
/// Throws: core::Error with codes that docs/errors.md lists, every one with file, line, column and text.
Spec read(const std::vector<std::filesystem::path>& files, core::Notes& notes);
/// The same from text; `file` is what messages call it.
Spec parse(std::string_view text, std::string file, core::Notes& notes);

/// The requests that apply to a subdir, in order, with the implied ones: `pip` when a `pip:` list has lines and no
/// conda `pip` is asked for, and `pip` when `python` is asked for by name (as conda and mamba add it).
std::vector<conda::Request> requests_for(const Spec& spec, std::string_view subdir);

/// True when a canonical selector holds for a subdir. Throws: core::Error "invalid-selector".
bool selector_holds(std::string_view selector, std::string_view subdir);

}  // namespace envlock::spec
