#pragma once

#define TOML_EXCEPTIONS 1
#define TOML_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace envlock::pypi {

/// A project's pyproject.toml, and what more than one reader asks of it.
struct Pyproject {
  std::filesystem::path folder;
  std::string file;
  toml::table document;

  /// Throws: core::Error "project-folder-invalid", also for what is no TOML.
  static Pyproject read(const std::filesystem::path& folder);

  [[noreturn]] void refuse(const std::string& why, const toml::source_region* where = nullptr) const;
  /// "" when there is none. Throws when it is no text.
  std::string text(const toml::table& table, const char* key) const;
  /// Empty when there is none. Throws when it is no list of texts.
  std::vector<std::string> texts(const toml::table& table, const char* key) const;
  std::vector<std::string> texts_of(const toml::node& node, const std::string& role) const;
  /// Null when there is none, or no table.
  const toml::table* table(const char* dotted) const { return document.at_path(dotted).as_table(); }
  /// The build backend's module: "hatchling.build"; that of setuptools when the file names none.
  std::string backend() const;
};

/// The version that the project's own files tell where pyproject.toml leaves it to the backend: what `attr`, `file` and
/// `path` settings of known backends point to, as a plain assignment of a text. Absent when only a build would tell it.
std::optional<std::string> find_dynamic_version(const Pyproject& project);

}  // namespace envlock::pypi
