#include "pip_json.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "envlock/conda/package_record.h"
#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "envlock/spec/spec.h"
#include "pip_line.h"
#include "stored_text.h"

namespace envlock::lock {
namespace {

using Layout = core::JsonWriter::Layout;
using Kind = PipLine::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 4> kKinds = {
    {{Kind::named, "named"}, {Kind::archive, "archive"}, {Kind::vcs, "vcs"}, {Kind::directory, "directory"}}};

std::string shown(std::string_view text) {
  return "`" + core::printable(text) + "`";
}

bool is_project(const std::string& name) {
  return pypi::is_valid_name(name) && pypi::normalize_name(name) == name;
}

// Credentials, control characters and what stands twice: in `indexes` and `find_links`.
std::vector<std::string> read_places(Fields& fields, std::string_view key) {
  std::vector<std::string> places;
  const Json* array = fields.find(key);
  if (array == nullptr) return places;
  places = texts_of(*array, fields.mistakes());
  for (std::size_t i = 0; i < places.size() && i < array->items.size(); ++i) {
    const auto end = places.begin() + static_cast<std::ptrdiff_t>(i);
    const Json& item = array->items[i];
    if (places[i].empty() || has_control_character(places[i])) {
      fields.mistakes().add(item, "a URL or a folder should stand here");
    } else if (holds_login(places[i])) {
      fields.mistakes().add(item, "the URL of an index must not hold credentials",
                            {"take them out: they belong into netrc or pip's configuration"});
    } else if (std::find(places.begin(), end, places[i]) != end) {
      fields.mistakes().add(item, "this stands twice in `" + std::string(key) + "`");
    }
  }
  return places;
}

std::vector<std::string> read_names(Fields& fields, std::string_view key) {
  std::vector<std::string> names = fields.texts(key);
  for (const std::string& name : names) {
    if (name == ":all:" || name == ":none:" || is_project(name)) continue;
    fields.mistakes().add(fields.place(key), shown(name) + " is no normalized name of a project");
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::map<std::string, std::vector<std::string>> read_mapping(Fields& fields) {
  std::map<std::string, std::vector<std::string>> mapping;
  if (fields.find("mapping") == nullptr) return mapping;
  for (const Json& item : fields.members("mapping")) {
    std::vector<std::string> names = texts_of(item, fields.mistakes());
    const bool known = conda::is_valid_name(item.key) && std::all_of(names.begin(), names.end(), is_project);
    if (!known)
      fields.mistakes().add(item, "a conda name with the normalized names of PyPI projects should stand here");
    mapping.emplace(item.key, std::move(names));
  }
  return mapping;
}

Kind read_kind(Fields& fields) {
  const std::string name = fields.text("kind");
  for (const auto& [kind, known] : kKinds) {
    if (name == known) return kind;
  }
  if (!name.empty()) {
    fields.mistakes().add(fields.place("kind"), "`kind` must be `named`, `archive`, `vcs` or `directory`");
  }
  return Kind::named;
}

bool is_hash(std::string_view text) {
  return text.starts_with("sha256:") && core::parse_sha256(text.substr(7)) && core::to_lower(text) == text;
}

PipLine read_line(const Json& item, Mistakes& mistakes) {
  Fields fields(item, mistakes);
  PipLine line;
  line.text = fields.required_text("line");
  line.kind = read_kind(fields);
  line.category = fields.required_text("category");
  line.selector = fields.text("selector");
  line.constraint = fields.flag("constraint");
  line.hashes = fields.texts("hashes");
  fields.refuse_others();
  std::sort(line.hashes.begin(), line.hashes.end());
  if (!std::all_of(line.hashes.begin(), line.hashes.end(), is_hash)) {
    mistakes.add(fields.place("hashes"), "a hash is `sha256:` and 64 hexadecimal digits in lower case");
  }
  if (const std::string fault = line.text.empty() ? "" : fault_of(line); !fault.empty()) {
    mistakes.add(fields.place("line"), fault);
  }
  try {
    if (!line.selector.empty()) spec::selector_holds(line.selector, "linux-64");
  } catch (const core::Error& error) {
    mistakes.add(fields.place("selector"), error.diagnostics().front().what);
  }
  return line;
}

}  // namespace

void write_pip(core::JsonWriter& writer, const PipOptions& options) {
  writer.key("pip");
  writer.begin_object();
  writer.member("indexes", options.indexes, Layout::multi_line);
  if (!options.find_links.empty()) writer.member("find_links", options.find_links, Layout::multi_line);
  if (options.pre) writer.member("pre", true);
  if (options.allow_build) writer.member("allow_build", true);
  if (options.all_artifacts) writer.member("all_artifacts", true);
  if (!options.no_binary.empty()) writer.member("no_binary", options.no_binary, Layout::multi_line);
  if (!options.only_binary.empty()) writer.member("only_binary", options.only_binary, Layout::multi_line);
  if (!options.mapping.empty()) {
    writer.key("mapping");
    writer.begin_object();
    for (const auto& [conda_name, names] : options.mapping) writer.member(conda_name, names);
    writer.end_object();
  }
  writer.end_object();
}

void write_pip_lines(core::JsonWriter& writer, const std::vector<PipLine>& lines) {
  writer.key("pip_requests");
  writer.begin_array();
  for (const PipLine& line : lines) {
    writer.begin_object(Layout::single_line);
    writer.member("line", line.text);
    for (const auto& [kind, name] : kKinds) {
      if (kind == line.kind && kind != Kind::named) writer.member("kind", name);
    }
    writer.member("category", line.category);
    if (!line.selector.empty()) writer.member("selector", line.selector);
    if (line.constraint) writer.member("constraint", true);
    if (!line.hashes.empty()) writer.member("hashes", line.hashes);
    writer.end_object();
  }
  writer.end_array();
}

PipOptions read_pip(const Json& object, Mistakes& mistakes) {
  Fields fields(object, mistakes);
  PipOptions options;
  fields.required("indexes", Json::Kind::array);
  options.indexes = read_places(fields, "indexes");
  options.find_links = read_places(fields, "find_links");
  options.pre = fields.flag("pre");
  options.allow_build = fields.flag("allow_build");
  options.all_artifacts = fields.flag("all_artifacts");
  options.no_binary = read_names(fields, "no_binary");
  options.only_binary = read_names(fields, "only_binary");
  options.mapping = read_mapping(fields);
  fields.refuse_others();
  return options;
}

std::vector<PipLine> read_pip_lines(const Json& array, Mistakes& mistakes) {
  std::vector<PipLine> lines;
  for (const Json& item : array.items) lines.push_back(read_line(item, mistakes));
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

}  // namespace envlock::lock
