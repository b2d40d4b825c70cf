#include "distribution_json.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "envlock/conda/package_record.h"
#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/tags.h"
#include "envlock/pypi/version.h"
#include "stored_text.h"

namespace envlock::lock {
namespace {

using Layout = core::JsonWriter::Layout;
using Source = LockedDistribution::Source;

constexpr std::array<std::pair<Source, std::string_view>, 6> kSources = {{{Source::index, "index"},
                                                                          {Source::find_links, "find-links"},
                                                                          {Source::archive, "archive"},
                                                                          {Source::vcs, "vcs"},
                                                                          {Source::directory, "directory"},
                                                                          {Source::built, "built"}}};

std::string shown(std::string_view text) {
  return "`" + core::printable(text) + "`";
}

bool is_file_name(std::string_view text) {
  return text.find(' ') == std::string_view::npos && conda::is_safe_file_name(text);
}

// What a file name says, other than the entry: "" when both agree. An sdist will do where a wheel was made of it.
std::string disagreement(const std::string& file, const LockedDistribution& distribution, bool may_be_sdist) {
  std::optional<std::string> version;
  bool same_project = true;
  if (const auto wheel = pypi::parse_wheel_name(file)) {
    same_project = wheel->name == distribution.name;
    version = wheel->version;
  } else if (may_be_sdist) {
    version = pypi::parse_sdist_version(file, distribution.name);
  }
  if (!version) return shown(file) + (may_be_sdist ? " names no file of this project" : " is no name of a wheel");
  const auto said = pypi::Version::try_parse(*version);
  const auto locked = pypi::Version::try_parse(distribution.version);
  if (same_project && said && locked && *said == *locked) return {};
  return "the file " + shown(file) +
         " is not what the entry says: " + core::printable(distribution.name + " " + distribution.version);
}

std::string fault_of_file(const LockedDistribution& distribution) {
  const Source source = distribution.source;
  if (source == Source::vcs || source == Source::directory) {
    return distribution.file.empty() ? "" : "what lies in a folder or a repository has no `file`";
  }
  if (!is_file_name(distribution.file)) return shown(distribution.file) + " is no plain file name";
  // A source distribution that was asked for by its URL may have been built too.
  return disagreement(distribution.file, distribution, source == Source::built);
}

std::string fault_of_built(const LockedDistribution& distribution) {
  const bool built = distribution.source == Source::built;
  if (!built && distribution.built_file.empty() && !distribution.built_sha256) return {};
  if (!built) return "only a `built` distribution has a wheel that was made here";
  if (!distribution.built_sha256) return "`built_sha256` is missing: a lock names every file by its hash";
  if (!is_file_name(distribution.built_file)) return shown(distribution.built_file) + " is no plain file name";
  return disagreement(distribution.built_file, distribution, false);
}

std::string fault_of_source(const LockedDistribution& distribution) {
  switch (distribution.source) {
    case Source::index:
      return distribution.index.empty() ? "`index` is missing" : "";
    case Source::built:
      return distribution.index.empty() && distribution.url.empty() ? "`index` or `url` is missing" : "";
    case Source::vcs:
      if (distribution.url.empty()) return "`url` is missing";
      return is_file_name(distribution.commit) ? "" : "`commit` must name a commit";
    case Source::find_links:
    case Source::archive:
    case Source::directory:
      return distribution.url.empty() ? "`url` is missing" : "";
  }
  return {};
}

// A path that leads out of the folder of a repository could show one thing and mean another.
bool leads_out(const std::string& subdirectory) {
  const auto parts = core::split(subdirectory, '/');
  return subdirectory.starts_with('/') || std::find(parts.begin(), parts.end(), "..") != parts.end();
}

std::optional<core::Sha256> read_sha256(Fields& fields, std::string_view key) {
  const std::string text = fields.text(key);
  const Json* value = fields.json().find(key);
  if (value == nullptr || value->kind != Json::Kind::text) return std::nullopt;
  const auto hash = core::parse_sha256(text);
  if (!hash) {
    fields.mistakes().add(*value, "`" + std::string(key) + "` must be 64 hexadecimal digits, not " +
                                      std::to_string(text.size()) + " characters of " + shown(text));
  }
  return hash;
}

std::vector<OtherArtifact> read_others(Fields& distribution, const LockedDistribution& entry) {
  std::vector<OtherArtifact> others;
  if (distribution.find("others") == nullptr) return others;
  for (const Json& item : distribution.elements("others")) {
    Fields fields(item, distribution.mistakes());
    OtherArtifact other;
    other.file = fields.required_text("file");
    const auto hash = read_sha256(fields, "sha256");
    if (!hash && fields.json().find("sha256") == nullptr) fields.mistakes().add(item, "`sha256` is missing");
    other.sha256 = hash.value_or(core::Sha256{});
    other.size = fields.unsigned_number("size");
    fields.refuse_others();
    if (!is_file_name(other.file)) {
      fields.mistakes().add(fields.place("file"), shown(other.file) + " is no plain file name");
    } else if (const std::string fault = disagreement(other.file, entry, true); !fault.empty()) {
      fields.mistakes().add(fields.place("file"), fault);
    }
    others.push_back(std::move(other));
  }
  std::sort(others.begin(), others.end(),
            [](const OtherArtifact& left, const OtherArtifact& right) { return left.file < right.file; });
  return others;
}

Source read_source(Fields& fields) {
  const std::string name = fields.text("source");
  for (const auto& [source, known] : kSources) {
    if (name == known) return source;
  }
  if (!name.empty()) {
    fields.mistakes().add(fields.place("source"),
                          "`source` must be `index`, `find-links`, `archive`, `vcs`, `directory` or `built`");
  }
  return Source::index;
}

}  // namespace

std::string_view name_of(Source source) {
  for (const auto& [known, name] : kSources) {
    if (known == source) return name;
  }
  return "index";
}

bool needs_hash(Source source) {
  return source != Source::vcs && source != Source::directory;
}

void write_distribution(core::JsonWriter& writer, const LockedDistribution& distribution) {
  const auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) writer.member(key, value);
  };
  const auto texts = [&](const char* key, const std::vector<std::string>& values) {
    if (!values.empty()) writer.member(key, values, Layout::multi_line);
  };
  text("name", distribution.name);
  text("version", distribution.version);
  if (distribution.source != Source::index) writer.member("source", name_of(distribution.source));
  text("index", distribution.index);
  text("file", distribution.file);
  text("url", distribution.url);
  text("commit", distribution.commit);
  text("subdirectory", distribution.subdirectory);
  if (distribution.editable) writer.member("editable", true);
  if (distribution.sha256) writer.member("sha256", core::format(*distribution.sha256));
  if (distribution.sha256_computed) writer.member("sha256_computed", true);
  if (distribution.size) writer.member("size", *distribution.size);
  text("built_file", distribution.built_file);
  if (distribution.built_sha256) writer.member("built_sha256", core::format(*distribution.built_sha256));
  if (distribution.upload_time) writer.member("upload_time", *distribution.upload_time);
  if (distribution.yanked) writer.member("yanked", true);
  text("license", distribution.license);
  text("requires_python", distribution.requires_python);
  texts("requires_dist", distribution.requires_dist);
  texts("provides_extra", distribution.provides_extra);
  if (distribution.others.empty()) return;
  writer.key("others");
  writer.begin_array();
  for (const OtherArtifact& other : distribution.others) {
    writer.begin_object(Layout::single_line);
    writer.member("file", other.file);
    writer.member("sha256", core::format(other.sha256));
    if (other.size) writer.member("size", *other.size);
    writer.end_object();
  }
  writer.end_array();
}

std::string fault_of(const LockedDistribution& distribution) {
  if (!pypi::is_valid_name(distribution.name) || pypi::normalize_name(distribution.name) != distribution.name) {
    return shown(distribution.name) + " is no normalized name of a project";
  }
  const auto version = pypi::Version::try_parse(distribution.version);
  if (!version) return shown(distribution.version) + " is no version of PEP 440";
  if (version->format() != distribution.version) {
    return shown(distribution.version) + " should be written " + shown(version->format());
  }
  for (const auto& check : {fault_of_source, fault_of_file, fault_of_built}) {
    if (std::string fault = check(distribution); !fault.empty()) return fault;
  }
  if (holds_login(distribution.url) || holds_login(distribution.index)) return "its `url` or `index` holds credentials";
  if (leads_out(distribution.subdirectory)) return shown(distribution.subdirectory) + " leads out of its folder";
  for (const std::string* text : {&distribution.url, &distribution.index, &distribution.license,
                                  &distribution.requires_python, &distribution.subdirectory}) {
    if (has_control_character(*text)) return shown(*text) + " holds a control character";
  }
  return {};
}

LockedDistribution read_distribution(Fields& fields) {
  LockedDistribution distribution;
  distribution.name = fields.required_text("name");
  distribution.version = fields.required_text("version");
  distribution.source = read_source(fields);
  distribution.index = fields.text("index");
  distribution.file = fields.text("file");
  distribution.url = fields.text("url");
  distribution.commit = fields.text("commit");
  distribution.subdirectory = fields.text("subdirectory");
  distribution.editable = fields.flag("editable");
  distribution.sha256 = read_sha256(fields, "sha256");
  distribution.sha256_computed = fields.flag("sha256_computed");
  distribution.size = fields.unsigned_number("size");
  distribution.built_file = fields.text("built_file");
  distribution.built_sha256 = read_sha256(fields, "built_sha256");
  distribution.upload_time = fields.number("upload_time");
  distribution.yanked = fields.flag("yanked");
  distribution.license = fields.text("license");
  distribution.requires_python = fields.text("requires_python");
  distribution.requires_dist = fields.texts("requires_dist");
  distribution.provides_extra = fields.texts("provides_extra");
  distribution.others = read_others(fields, distribution);

  if (fields.json().kind != Json::Kind::object) return distribution;
  if (needs_hash(distribution.source) && fields.json().find("sha256") == nullptr) {
    fields.mistakes().add(fields.json(), "`sha256` is missing: a lock names every file by its hash");
  }
  const bool built_hash_missing = distribution.source == Source::built &&
                                  fields.json().find("built_sha256") != nullptr && !distribution.built_sha256;
  const bool complete = !distribution.name.empty() && !distribution.version.empty() && !built_hash_missing;
  if (const std::string fault = complete ? fault_of(distribution) : ""; !fault.empty()) {
    fields.mistakes().add(fields.place(fields.json().find("file") == nullptr ? "name" : "file"), fault);
  }
  return distribution;
}

}  // namespace envlock::lock
