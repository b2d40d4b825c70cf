#include "envlock/lock/import.h"

#include <utility>

#include "envlock/conda/platform.h"
#include "envlock/conda/version.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/lock/lock.h"
#include "import_formats.h"

namespace envlock::lock {
namespace {

// Locks of other tools are at most a few megabytes; more is a mistake that would only take long to be found out.
constexpr std::uint64_t kLargest = 256u << 20;

std::vector<Preference> preferences_of(const Lock& lock) {
  std::vector<Preference> all;
  for (const LockedPlatform& platform : lock.platforms) {
    for (const PlatformPackage& each : platform.packages) {
      const conda::PackageRecord& record = lock.packages[each.package].record;
      all.push_back({.name = record.name,
                     .version = record.version,
                     .build = record.build,
                     .file_name = record.file_name,
                     .sha256 = record.sha256,
                     .md5 = record.md5,
                     .subdir = record.subdir,
                     .platform = platform.platform.subdir});
    }
  }
  return all;
}

// The file name with percent escapes taken back: "%21" is the "!" of an epoch.
std::string decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      result += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
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
  std::string key;
  for (const std::string* field : {&preference.platform, &preference.subdir, &preference.name, &preference.version,
                                   &preference.build, &preference.file_name}) {
    key += *field + '\n';
  }
  if (preference.sha256) key += core::format(*preference.sha256);
  if (preference.md5) key += core::format(*preference.md5);
  if (known_.insert(std::move(key)).second) all_.push_back(std::move(preference));
}

std::vector<Preference> Picks::finish(core::Notes& notes) {
  const std::string file = core::printable(file_);
  if (pip_ > 0) {
    notes.note({.code = "like-pip",
                .what = counted(pip_, "pip package") + " of `" + file + "` " + (pip_ == 1 ? "is" : "are") +
                        " left out: only conda packages are picked"});
  }
  if (source_ > 0) {
    notes.note({.code = "like-source",
                .what = counted(source_, "package") + " of `" + file + "` " + (source_ == 1 ? "is" : "are") +
                        " left out: built from source, not taken from a channel"});
  }
  return std::move(all_);
}

std::optional<Preference> preference_of_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t slash = url.find_last_of("/\\");
  const std::string file_name = decoded(url.substr(slash == std::string_view::npos ? 0 : slash + 1));
  const auto parts = conda::split_file_name(file_name);
  if (!parts || !conda::is_safe_file_name(file_name)) return std::nullopt;
  Preference preference;
  preference.name = parts->name;
  preference.version = parts->version;
  preference.build = parts->build;
  preference.file_name = file_name;
  if (slash != std::string_view::npos) {
    const std::string_view folder = url.substr(0, slash);
    const std::size_t before = folder.find_last_of("/\\");
    const std::string_view last = folder.substr(before == std::string_view::npos ? 0 : before + 1);
    if (last == "noarch" || conda::is_known_subdir(last)) preference.subdir = last;
  }
  return preference;
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

bool matches(const Preference& preference, const conda::PackageRecord& record, Loosen loosen) {
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
