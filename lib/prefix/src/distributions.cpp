#include <algorithm>
#include <fstream>
#include <system_error>
#include <tuple>

#include "distributions_direct_url.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/prefix/wheel.h"
#include "envlock/pypi/name.h"
#include "record_reader.h"
#include "wheel_headers.h"
#include "wheel_relative.h"

namespace envlock::prefix {
namespace {

namespace fs = std::filesystem;

// Name and version stand at the top; behind them follows a whole README.
constexpr std::size_t kHeadBytes = std::size_t{64} << 10;
constexpr std::uint64_t kRecordBytes = std::uint64_t{256} << 20;
constexpr std::uint64_t kSmallBytes = std::uint64_t{1} << 20;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The start of a file; "" when it cannot be read.
std::string read_head(const fs::path& path) {
  if (!is_file(path)) return "";
  std::ifstream file(path, std::ios::binary);
  std::string bytes(kHeadBytes, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

std::optional<std::string> read_whole(const fs::path& path, std::uint64_t max_bytes) {
  if (!is_file(path)) return std::nullopt;
  try {
    return core::read_file(path, max_bytes);
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

/// Where a distribution is described: the folder or file, and how both are called.
struct Place {
  fs::path prefix;
  std::string site_packages;
  std::string entry;  ///< "x-1.0.dist-info"

  fs::path path() const { return prefix / site_packages / entry; }
};

/// Relative to the prefix, as far as it lies there.
std::string path_in_prefix(const std::string& path, const std::string& folder, const Place& place) {
  if (!path.starts_with('/')) return resolved_in_folder(path, folder);
  const std::string root = place.prefix.lexically_normal().string() + "/";
  return path.starts_with(root) ? resolved_in_folder(path.substr(root.size()), "") : path;
}

void name_from_folder(std::string_view stem, Distribution& distribution) {
  const std::size_t hyphen = stem.find('-');
  if (distribution.name.empty()) distribution.name = pypi::normalize_name(stem.substr(0, hyphen));
  if (distribution.version.empty() && hyphen != std::string_view::npos) {
    // "x-1.0-py3.12.egg-info"
    const std::string_view rest = stem.substr(hyphen + 1);
    distribution.version = rest.substr(0, rest.find("-py"));
  }
}

void read_metadata(const fs::path& file, Distribution& distribution) {
  const Headers headers(read_head(file));
  distribution.name = pypi::normalize_name(headers.first("Name"));
  distribution.version = headers.first("Version");
}

void read_record_file(const Place& place, Distribution& distribution) {
  const std::optional<std::string> text = read_whole(place.path() / "RECORD", kRecordBytes);
  if (!text) return;
  ReadRecord record = read_record(*text);
  distribution.has_record = !record.problem;
  distribution.record = std::move(record.lines);
  for (RecordLine& line : distribution.record) {
    const std::string_view name = std::string_view(line.path).substr(line.path.rfind('/') + 1);
    if (name.starts_with("__editable__")) distribution.editable = true;
    line.path = path_in_prefix(line.path, place.site_packages, place);
  }
}

/// What setuptools wrote before there was a RECORD: paths relative to the .egg-info folder, one a line.
void read_installed_files(const Place& place, Distribution& distribution) {
  const std::optional<std::string> text = read_whole(place.path() / "installed-files.txt", kRecordBytes);
  if (!text) return;
  for (const std::string_view line : core::split(*text, '\n')) {
    const std::string path(core::trim(line));
    if (path.empty()) continue;
    distribution.record.push_back({.path = path_in_prefix(path, place.site_packages + "/" + place.entry, place)});
  }
}

Distribution read_dist_info(const Place& place, std::string_view stem) {
  Distribution distribution;
  read_metadata(place.path() / "METADATA", distribution);
  name_from_folder(stem, distribution);
  distribution.installer = core::trim(read_head(place.path() / "INSTALLER"));
  if (const auto text = read_whole(place.path() / "direct_url.json", kSmallBytes)) {
    read_direct_url(*text, distribution);
  }
  read_record_file(place, distribution);
  return distribution;
}

Distribution read_egg_info(const Place& place, std::string_view stem) {
  Distribution distribution;
  const bool file = is_file(place.path());
  read_metadata(file ? place.path() : place.path() / "PKG-INFO", distribution);
  name_from_folder(stem, distribution);
  if (!file) read_installed_files(place, distribution);
  return distribution;
}

/// `setup.py develop` left the folder of the sources on the first line.
Distribution read_egg_link(const Place& place, std::string_view stem) {
  Distribution distribution;
  distribution.name = pypi::normalize_name(stem);
  distribution.editable = true;
  const std::string text = read_head(place.path());
  const std::string_view source = core::trim(core::split(text, '\n').front());
  if (source.starts_with('/')) distribution.direct_url = core::file_url(source);
  return distribution;
}

std::optional<Distribution> read_one(const Place& place) {
  std::optional<Distribution> distribution;
  std::error_code ignored;
  const std::string_view entry = place.entry;
  const auto stem = [&](std::string_view ending) { return entry.substr(0, entry.size() - ending.size()); };
  if (entry.ends_with(".dist-info") && fs::is_directory(place.path(), ignored)) {
    distribution = read_dist_info(place, stem(".dist-info"));
  } else if (entry.ends_with(".egg-info")) {
    distribution = read_egg_info(place, stem(".egg-info"));
  } else if (entry.ends_with(".egg-link") && is_file(place.path())) {
    distribution = read_egg_link(place, stem(".egg-link"));
  }
  if (distribution) distribution->folder = place.site_packages + "/" + place.entry;
  return distribution;
}

std::vector<Place> places_in(const fs::path& prefix, const std::string& site_packages) {
  std::vector<Place> places;
  std::error_code error;
  for (fs::directory_iterator entry(prefix / site_packages, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    // pip renames what it is about to remove to "~x".
    if (name.starts_with('.') || name.starts_with('~')) continue;
    if (name.ends_with(".dist-info") || name.ends_with(".egg-info") || name.ends_with(".egg-link")) {
      places.push_back({prefix, site_packages, std::move(name)});
    }
  }
  return places;
}

}  // namespace

std::vector<Distribution> read_distributions(const fs::path& prefix, const std::string& site_packages) {
  const std::vector<Place> places = places_in(prefix, site_packages);
  std::vector<std::optional<Distribution>> read(places.size());
  core::parallel_for(places.size(), 0, [&](std::size_t i) { read[i] = read_one(places[i]); });
  std::vector<Distribution> distributions;
  for (std::optional<Distribution>& distribution : read) {
    if (distribution) distributions.push_back(std::move(*distribution));
  }
  std::sort(distributions.begin(), distributions.end(), [](const Distribution& left, const Distribution& right) {
    return std::tie(left.name, left.folder) < std::tie(right.name, right.folder);
  });
  return distributions;
}

}  // namespace envlock::prefix
