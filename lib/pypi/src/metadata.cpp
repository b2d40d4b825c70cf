#include "envlock/pypi/metadata.h"

#include <algorithm>
#include <optional>

#include "ascii.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/pypi/name.h"

namespace envlock::pypi {
namespace {

constexpr std::size_t kLargest = std::size_t{10} << 20;
constexpr std::size_t kLongestSummary = 1000;

[[noreturn]] void fail(const std::string& file, std::string why) {
  core::Diagnostic found;
  found.code = "metadata-invalid";
  found.what = "the metadata of `" + core::printable(file, 200) + "` cannot be used";
  found.why = {std::move(why)};
  found.hints = {"the package is broken: ask for another version, and tell those who published it"};
  throw core::Error(std::move(found));
}

/// "Name: value" with the lines that continue it.
struct Field {
  std::string name;  ///< lower case
  std::string value;
  bool several_lines = false;
};

bool is_field_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// The fields of the head of a message, one after another.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  std::optional<Field> next() {
    while (const std::optional<std::string_view> line = take_line()) {
      const std::size_t colon = line->find(':');
      // A text that was pasted in without indentation belongs to no field that counts here.
      if (colon == std::string_view::npos || !is_field_name(line->substr(0, colon))) continue;
      Field field{core::to_lower(line->substr(0, colon)), std::string(core::trim(line->substr(colon + 1)))};
      take_continuation(field);
      return field;
    }
    return std::nullopt;
  }

 private:
  /// Absent at the end of the head: an empty line, or the end of the text.
  std::optional<std::string_view> take_line() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty()) return line;
    rest_ = {};
    return std::nullopt;
  }

  void take_continuation(Field& field) {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
      const std::string_view line = core::trim(take_line().value_or(std::string_view()));
      field.several_lines = true;
      if (line.empty()) continue;
      if (!field.value.empty()) field.value += ' ';
      field.value += line;
    }
  }

  std::string_view rest_;
};

std::string known_text(const Field& field) {
  return field.value == "UNKNOWN" ? std::string() : field.value;
}

/// Said twice, it must be said alike: readers differ in which they take.
void set_once(std::string& value, const Field& field, const std::string& file) {
  if (!value.empty() && value != field.value) {
    fail(file,
         "it has two of `" + field.name + "`: " + core::printable(value) + " and " + core::printable(field.value));
  }
  value = field.value;
}

void take(const Field& field, Metadata& metadata, const std::string& file) {
  if (field.name == "metadata-version") {
    set_once(metadata.metadata_version, field, file);
  } else if (field.name == "name") {
    set_once(metadata.name, field, file);
  } else if (field.name == "version") {
    set_once(metadata.version, field, file);
  } else if (field.name == "requires-python") {
    set_once(metadata.requires_python, field, file);
  } else if (field.name == "requires-dist") {
    metadata.requires_dist.push_back(field.value);
  } else if (field.name == "provides-extra") {
    metadata.provides_extra.push_back(normalize_name(field.value));
  } else if (field.name == "dynamic") {
    metadata.dynamic.push_back(core::to_lower(field.value));
  } else if (field.name == "license-expression") {
    metadata.license_expression = known_text(field);
  } else if (field.name == "license" && !field.several_lines) {
    metadata.license = known_text(field);
  } else if (field.name == "summary") {
    metadata.summary = core::printable(known_text(field), static_cast<int>(kLongestSummary));
  }
}

}  // namespace

Metadata parse_metadata(std::string_view bytes, const std::string& what) {
  if (bytes.size() > kLargest) fail(what, "it is larger than 10 MiB");
  if (bytes.substr(0, 3) == "\xef\xbb\xbf") bytes.remove_prefix(3);
  Metadata metadata;
  Fields fields(bytes);
  while (const std::optional<Field> field = fields.next()) take(*field, metadata, what);
  if (metadata.name.empty()) fail(what, "it has no `Name`");
  if (metadata.version.empty()) fail(what, "it has no `Version`");
  if (!is_valid_name(metadata.name)) fail(what, "`" + core::printable(metadata.name) + "` is no name of a project");
  metadata.name = normalize_name(metadata.name);
  std::sort(metadata.provides_extra.begin(), metadata.provides_extra.end());
  metadata.provides_extra.erase(std::unique(metadata.provides_extra.begin(), metadata.provides_extra.end()),
                                metadata.provides_extra.end());
  if (!metadata.license_expression.empty()) metadata.license = metadata.license_expression;
  return metadata;
}

}  // namespace envlock::pypi
