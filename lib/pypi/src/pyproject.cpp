#include "pyproject.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"

namespace envlock::pypi {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{4} << 20;

}  // namespace

Pyproject Pyproject::read(const std::filesystem::path& folder) {
  Pyproject project{.folder = folder, .file = (folder / "pyproject.toml").string(), .document = {}};
  try {
    project.document = toml::parse(core::read_file(project.file, kMaxFileBytes), project.file);
  } catch (const toml::parse_error& error) {
    const toml::source_region& where = error.source();
    project.refuse("it is not TOML: " + core::printable(error.description(), 300), &where);
  }
  return project;
}

void Pyproject::refuse(const std::string& why, const toml::source_region* where) const {
  core::Diagnostic diagnostic{.code = "project-folder-invalid",
                              .what = "`" + core::printable(file) + "` does not say what the project needs",
                              .why = {why},
                              .hints = {"pyproject.toml's [project] table is described by PEP 621"}};
  if (where != nullptr && where->begin.line > 0) {
    diagnostic.where = core::SourceSpan{
        .file = file, .line = static_cast<int>(where->begin.line), .column = static_cast<int>(where->begin.column)};
  }
  throw core::Error(std::move(diagnostic));
}

std::string Pyproject::text(const toml::table& table, const char* key) const {
  const toml::node* const node = table.get(key);
  if (node == nullptr) return "";
  const auto value = node->value_exact<std::string>();
  if (!value) refuse("`" + std::string(key) + "` must be text", &node->source());
  return *value;
}

std::vector<std::string> Pyproject::texts_of(const toml::node& node, const std::string& role) const {
  const toml::array* const array = node.as_array();
  if (array == nullptr) refuse("`" + role + "` must be a list", &node.source());
  std::vector<std::string> result;
  for (const toml::node& item : *array) {
    const auto value = item.value_exact<std::string>();
    if (!value) refuse("an item of `" + role + "` must be text", &item.source());
    result.push_back(*value);
  }
  return result;
}

std::vector<std::string> Pyproject::texts(const toml::table& table, const char* key) const {
  const toml::node* const node = table.get(key);
  return node == nullptr ? std::vector<std::string>{} : texts_of(*node, key);
}

std::string Pyproject::backend() const {
  const toml::table* const system = document["build-system"].as_table();
  const std::string named = system == nullptr ? "" : text(*system, "build-backend");
  return named.empty() ? "setuptools.build_meta" : named;
}

}  // namespace envlock::pypi
