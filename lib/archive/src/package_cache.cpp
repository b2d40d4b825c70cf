#include "envlock/archive/package_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <system_error>

#include "cached_file.h"
#include "cached_hash.h"
#include "envlock/archive/cache_cursor.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "fault_hook.h"
#include "listing.h"
#include "unpacker.h"
#include "work_folder.h"

namespace envlock::archive {
namespace {

constexpr const char* kListing = "listing";
constexpr const char* kStamps = "stamps";
constexpr const char* kFiles = "files";
constexpr std::uint64_t kLargestListing = std::uint64_t{256} << 20;

std::optional<std::string> read_if_there(const std::filesystem::path& path) {
  try {
    // Whoever writes to the cache may have put a pipe there.
    std::error_code error;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(path, error))) return std::nullopt;
    return core::read_file(path, kLargestListing);
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

/// Writes a new file. Gives 0 or errno.
int write_new_file(const std::filesystem::path& path, std::string_view bytes) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) return errno;
  while (!bytes.empty()) {
    const ssize_t done = write(file.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return close(file.release()) != 0 ? errno : 0;
}

void make_folders(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) refuse_cache(folder, error.value());
}

[[noreturn]] void refuse_hash(const std::filesystem::path& file, const core::Sha256& want, const FileDigest& have) {
  throw core::Error({.code = "hash-mismatch",
                     .what = "`" + core::printable(file.string()) + "` is not the package that was locked",
                     .why = {"want sha256 " + core::format(want),
                             "have sha256 " + core::format(have.sha256) + ", " + std::to_string(have.size) + " bytes"},
                     .hints = {"remove the file and let it be fetched again"}});
}

}  // namespace

const UnpackedFile* Unpacked::find(std::string_view path) const {
  const auto found =
      std::lower_bound(files.begin(), files.end(), path,
                       [](const UnpackedFile& file, std::string_view wanted) { return file.entry.path < wanted; });
  return found != files.end() && found->entry.path == path ? &*found : nullptr;
}

struct PackageCache::State {
  std::filesystem::path root;
  std::mutex mutex;
  bool prepared = false;

  std::filesystem::path work() const { return root / "tmp"; }
  std::filesystem::path folder_of(const core::Sha256& package) const {
    const std::string hex = core::format(package);
    return root / hex.substr(0, 2) / hex;
  }
  /// Makes the folders, and clears away once a process what killed ones left.
  void prepare() {
    const std::lock_guard<std::mutex> lock(mutex);
    if (prepared) return;
    make_folders(work());
    WorkFolder::sweep(work());
    // Backup programs know this file and pass the folder over; a missing one harms nobody.
    (void)write_new_file(root / "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# Written by envlock.\n");
    prepared = true;
  }
  WorkFolder begin_work() {
    prepare();
    int error = 0;
    std::optional<WorkFolder> folder = WorkFolder::create(work(), error);
    if (!folder && error == ENOENT) {  // somebody cleaned the cache while we worked
      make_folders(work());
      folder = WorkFolder::create(work(), error);
    }
    if (!folder) refuse_cache(work(), error);
    return std::move(*folder);
  }
  /// Moves the package out of sight; what it held goes with the work folder.
  void discard(const core::Sha256& package) {
    const std::filesystem::path folder = folder_of(package);
    std::error_code error;
    if (!std::filesystem::exists(std::filesystem::symlink_status(folder, error))) return;
    const WorkFolder trash = begin_work();
    at_step("discarding");
    if (rename(folder.c_str(), (trash.path() / "removed").c_str()) != 0 && errno != ENOENT) {
      refuse_cache(folder, errno);
    }
  }
};

PackageCache::PackageCache(std::filesystem::path root) : state_(std::make_unique<State>()) {
  state_->root = std::move(root);
}
PackageCache::~PackageCache() = default;
PackageCache::PackageCache(PackageCache&&) noexcept = default;

const std::filesystem::path& PackageCache::root() const {
  return state_->root;
}

std::optional<Unpacked> PackageCache::find(const core::Sha256& package) const {
  const std::filesystem::path folder = state_->folder_of(package);
  const std::optional<std::string> listing = read_if_there(folder / kListing);
  if (!listing) return std::nullopt;
  std::optional<Unpacked> found = parse_listing(*listing);
  if (!found || found->package != package) return std::nullopt;
  found->folder = folder;
  if (const std::optional<std::string> stamps = read_if_there(folder / kStamps)) {
    (void)parse_stamps(*stamps, found->listing, found->files);  // without them the files are hashed
  }
  return found;
}

Unpacked PackageCache::unpack(const std::filesystem::path& archive_file, const core::Sha256& package,
                              const Limits& limits) {
  if (std::optional<Unpacked> found = find(package)) return std::move(*found);
  WorkFolder work = state_->begin_work();
  at_step("begun");
  const std::filesystem::path files = work.path() / kFiles;
  if (mkdir(files.c_str(), 0777) != 0) refuse_cache(files, errno);
  const Descriptor folder(open(files.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) refuse_cache(files, errno);
  Unpacker unpacker(folder.get(), files);
  const FileDigest digest =
      read_package(archive_file, Part::all, unpacker, limits, Hashes::sha256, Checksums::left_to_hash);
  if (digest.sha256 != package) refuse_hash(archive_file, package, digest);

  Unpacked made{.package = package, .package_size = digest.size, .files = unpacker.finish()};
  const std::string listing = format_listing(made);
  at_step("unpacked");
  int error = write_new_file(work.path() / kListing, listing);
  at_step("listed");
  made.listing = identity_of(listing);
  std::vector<FileStamp> stamps;
  for (const UnpackedFile& file : made.files) stamps.push_back(file.stamp);
  if (error == 0) error = write_new_file(work.path() / kStamps, format_stamps(made.listing, stamps));
  if (error != 0) refuse_cache(work.path(), error);
  made.folder = state_->folder_of(package);
  make_folders(made.folder.parent_path());
  // Somebody else may have put the same package there: theirs is as good, unless its listing is damaged.
  for (int attempt = 0; attempt < 8; ++attempt) {
    error = work.publish(made.folder);
    at_step("published");
    if (error == 0) return made;
    if (error != EEXIST && error != ENOTEMPTY && error != ENOTDIR) break;
    if (std::optional<Unpacked> found = find(package)) return std::move(*found);
    state_->discard(package);
  }
  refuse_cache(made.folder, error);
}

PackageCache::Glance PackageCache::glance(const UnpackedFile& file, const CacheCursor& at) const {
  return glance_at(file, at);
}

std::pair<bool, bool> PackageCache::have_hashes(const UnpackedFile& first, const CacheCursor& first_at,
                                                const UnpackedFile& second, const CacheCursor& second_at) {
  return archive::have_hashes(first, first_at, second, second_at);
}

bool PackageCache::has_hash(const UnpackedFile& file, const CacheCursor& at) {
  return archive::has_hash(file, at);
}

bool PackageCache::is_unchanged(const Unpacked& package, const UnpackedFile& file) const {
  CacheCursor at;
  at.go_to(package, file, -1);
  const Glance seen = glance(file, at);
  return seen.look != Look::changed && (!seen.needs_hash || has_hash(file, at));
}

void PackageCache::restamp(const std::vector<Restamped>& packages, std::size_t threads) const {
  std::vector<StampsToTake> all;
  for (const Restamped& restamped : packages) {
    all.push_back({.package = restamped.package, .folder = restamped.folder, .files = restamped.files, .stamps = {}});
    all.back().stamps.reserve(restamped.package->files.size());
    for (const UnpackedFile& file : restamped.package->files) all.back().stamps.push_back(file.stamp);
  }
  take_stamps(all, threads);
  try {
    const WorkFolder work = state_->begin_work();
    core::parallel_for(all.size(), threads, [&](std::size_t i) {
      const std::filesystem::path stamps = work.path() / (kStamps + std::to_string(i));
      if (write_new_file(stamps, format_stamps(all[i].package->listing, all[i].stamps)) != 0) return;
      (void)rename(stamps.c_str(), (all[i].package->folder / kStamps).c_str());
    });
  } catch (const core::Error&) {  // NOLINT: without stamps the files are hashed
  }
}

void PackageCache::restamp(const Unpacked& package) const {
  Restamped all{.package = &package, .folder = -1, .files = {}};
  for (std::size_t i = 0; i < package.files.size(); ++i) all.files.push_back(i);
  restamp(std::vector<Restamped>{std::move(all)});
}

void PackageCache::remove(const core::Sha256& package) const {
  state_->discard(package);
}

}  // namespace envlock::archive
