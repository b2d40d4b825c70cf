#include "envlock/lock/import.h"

#include <utility>

#include "artifact_url.h"
#include "envlock/conda/platform.h"
#include "envlock/conda/version.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/lock/lock.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/tags.h"
#include "envlock/pypi/version.h"
#include "import_formats.h"

namespace envlock::lock {
namespace {

// Locks of other tools are at most a few megabytes; more is a mistake that would only take long to be found out.
constexpr std::uint64_t kLargest = 64u << 20;

Preference preference_of(const conda::PackageRecord& record, const std::string& platform) {
  return {.pypi = false,
          .name = record.name,
          .version = record.version,
          .build = record.build,
          .file_name = record.file_name,
          .sha256 = record.sha256,
          .md5 = record.md5,
          .subdir = record.subdir,
          .platform = platform};
}

std::vector<Preference> preferences_of(const Lock& lock) {
  std::vector<Preference> all;
  for (const LockedPlatform& platform : lock.platforms) {
    for (const PlatformPackage& each : platform.packages) {
      all.push_back(preference_of(lock.packages[each.package].record, platform.platform.subdir));
    }
    for (const PlatformDistribution& each : platform.distributions) {
      const LockedDistribution& distribution = lock.distributions[each.distribution];
      auto pick = pypi_preference(distribution.name, distribution.version, platform.platform.subdir);
      if (pick && !distribution.file.empty()) all.push_back(std::move(*pick));
    }
  }
  return all;
}

bool same_version(const Preference& preference, const std::string& text) {
  if (preference.version.empty() || preference.version == text) return true;
  const auto wanted = conda::Version::try_parse(preference.version);
  const auto have = conda::Version::try_parse(text);
  if (!wanted || !have) return false;
  return preference.version_is_prefix ? have->starts_with(*wanted) : *have == *wanted;
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

void Picks::add(Preference preference) {
  std::string key = preference.pypi ? "pypi\n" : "conda\n";
  for (const std::string* field : {&preference.platform, &preference.subdir, &preference.name, &preference.version,
                                   &preference.build, &preference.file_name}) {
    key += *field + '\n';
  }
  if (preference.sha256) key += core::format(*preference.sha256);
  if (preference.md5) key += core::format(*preference.md5);
  if (known_.insert(std::move(key)).second) all_.push_back(std::move(preference));
}

void Picks::add_pip(std::string_view name, std::string_view version, std::string platform) {
  if (auto preference = pypi_preference(name, version, std::move(platform))) {
    add(std::move(*preference));
  } else {
    ++pip_;
  }
}

void Picks::add_pip_of_url(std::string_view url, std::string platform) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::string_view file = url.substr(url.find_last_of("/\\") + 1);
  const auto wheel = pypi::parse_wheel_name(file);
  add_pip(wheel ? wheel->name : std::string(), wheel ? wheel->version : std::string(), std::move(platform));
}

std::optional<Preference> pypi_preference(std::string_view name, std::string_view version, std::string platform) {
  const auto parsed = pypi::Version::try_parse(version);
  if (!parsed || name.empty()) return std::nullopt;
  Preference preference;
  preference.pypi = true;
  preference.name = pypi::normalize_name(name);
  preference.version = parsed->format();
  preference.platform = std::move(platform);
  return preference;
}

std::vector<Preference> Picks::finish(core::Notes& notes) {
  const std::string file = core::printable(file_);
  if (pip_ > 0) {
    notes.note({.code = "like-pip",
                .what = counted(pip_, "pip package") + " of `" + file + "` " + (pip_ == 1 ? "is" : "are") +
                        " left out: no version of an index is named"});
  }
  if (source_ > 0) {
    notes.note({.code = "like-source",
                .what = counted(source_, "package") + " of `" + file + "` " + (source_ == 1 ? "is" : "are") +
                        " left out: built from source, not taken from a channel"});
  }
  return std::move(all_);
}

std::optional<Preference> preference_of_url(std::string_view url) {
  const std::optional<ArtifactName> name = artifact_name(url);
  if (!name) return std::nullopt;
  return Preference{.name = name->package,
                    .version = name->version,
                    .build = name->build,
                    .file_name = name->file_name,
                    .subdir = name->subdir};
}

std::vector<Preference> parse_preferences(std::string_view bytes, const std::string& file, core::Notes& notes) {
  const std::optional<std::string> text = core::decode_text(bytes);
  if (!text) {
    throw core::Error(
        core::Diagnostic{.code = "like-unknown", .what = "`" + core::printable(file) + "` is no text file"});
  }
  if (core::trim(*text).starts_with('{')) return preferences_of(parse(*text, file));
  if (is_explicit(*text)) return parse_explicit(*text, file, notes);
  const YamlTree tree(*text, file);
  if (is_pixi_lock(tree)) return parse_pixi_lock(tree, file, notes);
  if (is_conda_lock(tree)) return parse_conda_lock(tree, file, notes);
  if (tree.find(tree.root(), "dependencies") != YamlTree::kNone) return parse_pins(*text, file, notes);
  throw core::Error(core::Diagnostic{
      .code = "like-unknown",
      .what = "`" + core::printable(file) + "` is none of the files that hold picks",
      .hints = {
          "these are read: envlock.lock, @EXPLICIT lists, conda-lock.yml, pixi.lock, environment.yml with pins"}});
}

std::vector<Preference> read_preferences(const std::filesystem::path& file, core::Notes& notes) {
  return parse_preferences(core::read_file(file, kLargest), file.string(), notes);
}

std::vector<Preference> preferences_of(const std::vector<conda::PackageRecord>& records) {
  // The platform is the one that records of a subdir share: a noarch package was installed for it too.
  std::string platform;
  for (const conda::PackageRecord& record : records) {
    if (conda::is_known_subdir(record.subdir)) platform = record.subdir;
  }
  std::vector<Preference> all;
  for (const conda::PackageRecord& record : records) all.push_back(preference_of(record, platform));
  return all;
}

bool matches(const Preference& preference, const conda::PackageRecord& record, Loosen loosen) {
  if (preference.pypi) return false;
  if (!preference.name.empty() && preference.name != record.name) return false;
  if (!same_version(preference, record.version)) return false;
  if (loosen == Loosen::build) return true;
  if (!preference.build.empty() && preference.build != record.build) return false;
  if (!preference.subdir.empty() && preference.subdir != record.subdir) return false;
  // The hashes tell about one file only: the .conda and the .tar.bz2 of a build are the same pick.
  if (!preference.file_name.empty() && preference.file_name != record.file_name) return true;
  if (preference.sha256 && record.sha256) return *preference.sha256 == *record.sha256;
  return !preference.md5 || !record.md5 || *preference.md5 == *record.md5;
}

}  // namespace envlock::lock
