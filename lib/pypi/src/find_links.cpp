#include "find_links.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/tags.h"
#include "index_failure.h"
#include "percent.h"

namespace envlock::pypi {
namespace {

constexpr std::uint64_t kLargestPage = std::uint64_t{256} << 20;

/// The path of what lies on this machine.
std::optional<std::string> local_path(const std::string& place) {
  if (place.substr(0, 1) == "/") return place;
  return core::path_of_file_url(place);
}

core::Diagnostic unreadable(const std::string& place, const std::string& why) {
  core::Diagnostic found;
  found.code = "find-links-unreadable";
  found.what = "`" + core::printable(core::without_secrets(place), 400) + "` of `--find-links` cannot be read";
  found.why = {why};
  found.hints = {"correct the path or the address, or take it out"};
  return found;
}

}  // namespace

FindLinks::FindLinks(fetch::Fetcher& fetcher, const Transports& transports, std::vector<std::string> places,
                     std::int64_t max_age_seconds)
    : fetcher_(fetcher), transports_(transports), places_(std::move(places)), max_age_seconds_(max_age_seconds) {}

const std::vector<core::Diagnostic>& FindLinks::load(core::Notes& notes) {
  if (loaded_) return failures_;
  loaded_ = true;
  for (const std::string& place : places_) {
    const std::optional<std::string> path = local_path(place);
    std::error_code ignored;
    if (path && std::filesystem::is_directory(*path, ignored)) {
      load_folder(*path);
    } else {
      load_page(place, notes);
    }
  }
  return failures_;
}

void FindLinks::add(IndexFile file) {
  const std::optional<WheelName> wheel = parse_wheel_name(file.file_name);
  if (wheel) {
    wheels_[wheel->name].push_back(files_.size());
  } else {
    others_.push_back(files_.size());
  }
  files_.push_back(std::move(file));
}

void FindLinks::load_folder(const std::string& folder) {
  std::error_code error;
  std::vector<std::pair<std::string, std::uint64_t>> found;
  for (auto entry = std::filesystem::directory_iterator(folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code unknown;
    const std::uint64_t size = entry->file_size(unknown);
    if (!unknown && entry->is_regular_file(unknown)) found.emplace_back(entry->path().filename().string(), size);
  }
  if (error) failures_.push_back(unreadable(folder, error.message()));
  std::sort(found.begin(), found.end());  // a folder has no order of its own
  for (auto& [name, size] : found) {
    IndexFile file;
    file.url = core::file_url((std::filesystem::path(folder) / name).string());
    file.file_name = std::move(name);
    file.size = size;
    add(std::move(file));
  }
}

void FindLinks::load_page(const std::string& place, core::Notes& notes) {
  fetch::Download download;
  download.urls = {transports_.with_credentials(place)};
  download.label = "find-links";
  download.max_age_seconds = max_age_seconds_;
  download.max_bytes = kLargestPage;
  download.compressed = true;
  const fetch::Fetched fetched = fetcher_.fetch_one(download);
  if (fetched.status != fetch::Status::ok) {
    failures_.push_back(fetched.failure && fetched.failure->code == "not-found"
                            ? unreadable(place, fetched.failure->what)
                            : index_failure(fetched, "the page of `--find-links`", place));
    return;
  }
  try {
    const core::MappedFile page(fetched.path);
    for (IndexFile& file : parse_project_html(page.bytes(), fetched.final_url, "--find-links", notes).files) {
      add(std::move(file));
    }
  } catch (const core::Error& error) {
    fetcher_.forget(download);
    failures_.insert(failures_.end(), error.diagnostics().begin(), error.diagnostics().end());
  }
}

std::vector<IndexFile> FindLinks::files_of(const std::string& name) const {
  std::vector<std::size_t> places;
  if (const auto found = wheels_.find(name); found != wheels_.end()) places = found->second;
  for (const std::size_t other : others_) {
    if (parse_sdist_version(files_[other].file_name, name)) places.push_back(other);
  }
  std::sort(places.begin(), places.end());
  std::vector<IndexFile> files;
  for (const std::size_t place : places) files.push_back(files_[place]);
  return files;
}

}  // namespace envlock::pypi
