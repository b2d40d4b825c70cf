#include "install_packages.h"

#include <algorithm>
#include <atomic>
#include <semaphore>
#include <set>
#include <thread>
#include <utility>

#include "envlock/core/file.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::tools {
namespace {

/// What became of one package; filled by one thread.
struct Fate {
  std::optional<archive::Unpacked> unpacked;
  std::filesystem::path wheel;
  bool borrowed = false;
  bool was_unpacked = false;
  std::uint64_t downloaded_bytes = 0;
  bool downloaded = false;
  std::vector<core::Diagnostic> failures;
};

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

/// The SHA-256 of a file whose record has only an MD5, which the fetcher has checked.
core::Sha256 hash_file(const std::filesystem::path& file) {
  const core::MappedFile mapped(file);
  return core::sha256(mapped.bytes());
}

/// Relative places of a lock start in its folder; `~` and variables were expanded by whoever read the lock.
std::string absolute_place(const std::string& url, const std::filesystem::path& folder) {
  if (core::looks_like_url(url) || url.starts_with('/')) return url;
  return (folder / url).lexically_normal().string();
}

bool lies_in(const std::filesystem::path& file, const std::filesystem::path& folder) {
  const std::string inside = std::filesystem::absolute(folder).lexically_normal().string();
  return std::filesystem::absolute(file).lexically_normal().string().starts_with(inside + "/");
}

/// What fails every package alike (a full disk, no network) is told for three of them, and counted.
std::vector<core::Diagnostic> few_of_a_kind(std::vector<core::Diagnostic> failures) {
  constexpr std::size_t kMost = 3;
  std::map<std::string, std::vector<std::size_t>> of_code;
  for (std::size_t i = 0; i < failures.size(); ++i) of_code[failures[i].code].push_back(i);
  std::vector<core::Diagnostic> told;
  for (std::size_t i = 0; i < failures.size(); ++i) {
    const std::vector<std::size_t>& alike = of_code[failures[i].code];
    const std::size_t most = failures[i].code == "cache-unwritable" || failures[i].code == "disk-full" ? 1 : kMost;
    if (alike.size() > most && i >= alike[most]) continue;
    core::Diagnostic failure = std::move(failures[i]);
    if (alike.size() > most && i == alike[most - 1]) {
      const std::size_t more = alike.size() - most;
      failure.why.push_back("it is so for " + std::to_string(more) + (more == 1 ? " more package" : " more packages"));
    }
    told.push_back(std::move(failure));
  }
  return told;
}

/// One of the turns that a semaphore grants, for as long as this lives.
class Turn {
 public:
  explicit Turn(std::counting_semaphore<>& turns) : turns_(turns) { turns_.acquire(); }
  ~Turn() { turns_.release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::counting_semaphore<>& turns_;
};

}  // namespace

std::filesystem::path package_cache_folder(const std::filesystem::path& cache) {
  return cache / "packages-1";
}

Packages::Packages(Session& session, std::filesystem::path lock_folder, Out& out)
    : session_(session),
      lock_folder_(lock_folder.empty() ? "." : std::move(lock_folder)),
      out_(out),
      cache_(package_cache_folder(session.cache)) {
  lock_folder_ = std::filesystem::absolute(lock_folder_).lexically_normal();
}

void Packages::find_transport(const std::vector<lock::InstallPackage>& packages) {
  std::vector<std::string> bases;
  for (const lock::InstallPackage& package : packages) {
    const std::string& base = package.record.channel;
    if (!base.empty() && std::find(bases.begin(), bases.end(), base) == bases.end()) bases.push_back(base);
  }
  channel::ResolveOptions options{
      .base_folder = lock_folder_, .lock_folder = lock_folder_, .channel_map = session_.channel_map};
  locations_ = channel::resolve_channels(bases, session_.condarc, options);
  // A channel that .condarc lists with a token or a password is reached with it; the lock holds neither.
  try {
    for (const channel::Location& own :
         channel::resolve_channels(session_.condarc.channels, session_.condarc, options)) {
      for (channel::Location& location : locations_) {
        if (location.channel.base == own.channel.base) location.urls = own.urls;
      }
    }
  } catch (const core::Error&) {
    // Channels that the lock does not use may be as odd as they like.
  }
}

fetch::Download Packages::download_of(const lock::InstallPackage& package) const {
  const conda::PackageRecord& record = package.record;
  fetch::Download download;
  download.urls = channel::download_urls(locations_, record);
  if (!package.url.empty()) {
    const std::string place = absolute_place(package.url, lock_folder_);
    if (std::find(download.urls.begin(), download.urls.end(), place) == download.urls.end()) {
      download.urls.push_back(place);
    }
  }
  download.label = record.file_name;
  download.sha256 = record.sha256;
  download.md5 = record.sha256 ? std::nullopt : record.md5;
  download.size = record.size;
  download.caching = fetch::Caching::immutable;
  download.max_bytes = std::uint64_t{64} << 30;
  return download;
}

PipTransport& Packages::pip() {
  if (!pip_) pip_ = std::make_unique<PipTransport>(session_, out_.notes);
  return *pip_;
}

fetch::Download Packages::download_of(const lock::LockedWheel& wheel, bool by_network) {
  const std::string place = absolute_place(wheel.url, lock_folder_);
  const bool by_index = by_network && !wheel.index.empty();
  return {.urls = by_index ? pip().places(wheel.index, place) : std::vector<std::string>{place},
          .label = wheel.name + " " + wheel.version,
          .sha256 = wheel.sha256,
          .md5 = std::nullopt,
          .size = wheel.size,
          .caching = fetch::Caching::immutable};
}

fetch::Fetched Packages::fetch_wheel(const lock::LockedWheel& wheel) {
  const fetch::Download download = download_of(wheel, true);
  if (wheel.index.empty()) return session_.fetcher->fetch_one(download);
  return pip().fetch(download, wheel.index, wheel.name, wheel.file);
}

void Packages::note_trouble() {
  const std::optional<core::Diagnostic> trouble = cache_.trouble();
  const auto is_told = [](const core::Note& note) { return note.diagnostic.code == "cache-unwritable"; };
  if (!trouble || std::any_of(out_.notes.all().begin(), out_.notes.all().end(), is_told)) return;
  out_.notes.note(*trouble);
}

Obtained Packages::obtain(const std::vector<lock::InstallPackage>& packages,
                          const std::vector<lock::LockedWheel>& wheels, std::size_t threads) {
  find_transport(packages);
  if (!wheels.empty()) (void)pip();  // threads ask for it together
  const std::vector<std::filesystem::path> foreign = archive::foreign_package_folders();
  const std::size_t cores = threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
  std::counting_semaphore<> processors(static_cast<std::ptrdiff_t>(cores));
  std::vector<Fate> fates(packages.size() + wheels.size());
  std::atomic<std::uint64_t> done{0};
  const int task = session_.progress->start("getting packages", fates.size(), core::Progress::Unit::steps);

  const auto take = [](const fetch::Fetched& fetched, const fetch::Download& download,
                       Fate& fate) -> std::optional<std::filesystem::path> {
    if (fetched.status != fetch::Status::ok) {
      fate.failures.push_back(
          fetched.failure
              ? *fetched.failure
              : core::Diagnostic{.code = "package-missing",
                                 .what = "no channel holds `" + core::printable(download.label) + "`",
                                 .where = std::nullopt,
                                 .why = {"asked " + core::printable(core::without_secrets(
                                                        download.urls.empty() ? "nobody" : download.urls.back()))},
                                 .hints = {"lock again: `envlock lock --update`"}});
      return std::nullopt;
    }
    fate.downloaded = !fetched.from_cache;
    if (fate.downloaded) fate.downloaded_bytes = size_of(fetched.path);
    return fetched.path;
  };
  const auto fetch = [&](const fetch::Download& download, Fate& fate) {
    return take(session_.fetcher->fetch_one(download), download, fate);
  };
  const auto find_package = [&](const lock::InstallPackage& package, Fate& fate) {
    if (package.record.sha256) fate.unpacked = cache_.find(*package.record.sha256);
    fate.was_unpacked = fate.unpacked.has_value();
  };
  const auto get_package = [&](const lock::InstallPackage& package, Fate& fate) {
    const conda::PackageRecord& record = package.record;
    std::optional<std::filesystem::path> file;
    if (record.sha256) {
      file = archive::find_archive(foreign, record.file_name, *record.sha256);
      fate.borrowed = file.has_value();
    }
    const fetch::Download download = download_of(package);
    if (!file) file = fetch(download, fate);
    if (!file) return;
    const Turn turn(processors);
    try {
      fate.unpacked = cache_.unpack(*file, record.sha256 ? *record.sha256 : hash_file(*file));
    } catch (const core::Error&) {
      // Only our own copy may be thrown away and fetched anew.
      if (fate.downloaded || fate.borrowed || !lies_in(*file, session_.cache)) throw;
      std::filesystem::remove(*file);
      file = fetch(download, fate);
      if (file) fate.unpacked = cache_.unpack(*file, record.sha256 ? *record.sha256 : hash_file(*file));
    }
  };
  const auto get_wheel = [&](const lock::LockedWheel& wheel, Fate& fate) {
    if (const auto file = take(fetch_wheel(wheel), download_of(wheel, true), fate)) fate.wheel = *file;
  };
  core::parallel_for(packages.size(), cores, [&](std::size_t i) { find_package(packages[i], fates[i]); });
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < fates.size(); ++i) {
    if (!fates[i].was_unpacked) missing.push_back(i);
  }
  done = fates.size() - missing.size();
  session_.progress->update(task, done, fates.size());
  // Threads mostly wait for the network; those that unpack are no more than there are processors.
  core::parallel_for(missing.size(), std::max<std::size_t>(cores, 16), [&](std::size_t number) {
    const std::size_t i = missing[number];
    try {
      i < packages.size() ? get_package(packages[i], fates[i]) : get_wheel(wheels[i - packages.size()], fates[i]);
    } catch (const core::Error& error) {
      fates[i].failures = error.diagnostics();
    }
    session_.progress->update(task, ++done, fates.size());
  });
  session_.progress->finish(task);
  take_fetch_notes(session_, out_);

  note_trouble();

  Obtained obtained;
  std::vector<core::Diagnostic> failures;
  for (std::size_t i = 0; i < fates.size(); ++i) {
    Fate& fate = fates[i];
    failures.insert(failures.end(), fate.failures.begin(), fate.failures.end());
    obtained.downloaded += fate.downloaded;
    obtained.downloaded_bytes += fate.downloaded_bytes;
    obtained.borrowed += fate.borrowed;
    obtained.was_unpacked += fate.was_unpacked;
    if (fate.unpacked) obtained.unpacked.emplace(conda::package_url(packages[i].record), std::move(*fate.unpacked));
    if (!fate.wheel.empty()) obtained.wheels.emplace(wheels[i - packages.size()].name, fate.wheel);
  }
  if (!failures.empty()) throw core::Error(few_of_a_kind(std::move(failures)));
  return obtained;
}

std::map<core::Sha256, std::filesystem::path> Packages::archives(const std::vector<conda::PackageRecord>& records,
                                                                 const std::vector<lock::LockedWheel>& wheels,
                                                                 bool fetch) {
  std::map<core::Sha256, std::filesystem::path> found;
  std::vector<lock::InstallPackage> packages;
  for (const conda::PackageRecord& record : records) {
    if (record.sha256) packages.push_back({.record = record, .url = {}, .categories = {}, .requested_specs = {}});
  }
  find_transport(packages);
  std::vector<fetch::Download> downloads;
  for (const lock::InstallPackage& package : packages) downloads.push_back(download_of(package));
  std::vector<const lock::LockedWheel*> asked(downloads.size(), nullptr);
  for (const lock::LockedWheel& wheel : wheels) {
    if (!wheel.sha256) continue;
    downloads.push_back(download_of(wheel, fetch));
    asked.push_back(&wheel);
  }
  // Folders are looked into in any case: they cost no network.
  for (fetch::Download& download : downloads) {
    if (!fetch) std::erase_if(download.urls, [](const std::string& url) { return !url.starts_with('/'); });
  }
  std::vector<fetch::Fetched> fetched = session_.fetcher->fetch(downloads);
  for (std::size_t i = 0; i < fetched.size(); ++i) {
    if (fetch && asked[i] != nullptr && fetched[i].status != fetch::Status::ok) fetched[i] = fetch_wheel(*asked[i]);
    if (fetched[i].status == fetch::Status::ok) {
      found.emplace(*downloads[i].sha256, fetched[i].path);
    } else if (fetch && fetched[i].failure) {
      out_.notes.warning(*fetched[i].failure);
    }
  }
  take_fetch_notes(session_, out_);
  return found;
}

}  // namespace envlock::tools
