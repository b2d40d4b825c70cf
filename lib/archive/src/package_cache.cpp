#include "envlock/archive/package_cache.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <set>
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
#include "package_store.h"
#include "unpacker.h"

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

bool is_unwritable(const core::Error& error) {
  return error.diagnostics().front().code == "cache-unwritable";
}

[[noreturn]] void refuse_hash(const std::filesystem::path& file, const core::Sha256& want, const FileDigest& have) {
  throw core::Error({.code = "hash-mismatch",
                     .what = "`" + core::printable(file.string()) + "` is not the package that was locked",
                     .why = {"want sha256 " + core::format(want),
                             "have sha256 " + core::format(have.sha256) + ", " + std::to_string(have.size) + " bytes"},
                     .hints = {"remove the file and let it be fetched again"}});
}

std::optional<Unpacked> find_in(const PackageStore& store, const core::Sha256& package) {
  const std::filesystem::path folder = store.folder_of(package);
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

Unpacked unpack_into(PackageStore& store, const std::filesystem::path& archive_file, const core::Sha256& package,
                     const Limits& limits) {
  WorkFolder work = store.begin_work();
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
  made.folder = store.folder_of(package);
  make_folders(made.folder.parent_path());
  // Somebody else may have put the same package there: theirs is as good, unless its listing is damaged.
  for (int attempt = 0; attempt < 8; ++attempt) {
    error = work.publish(made.folder);
    at_step("published");
    if (error == 0) return made;
    if (error != EEXIST && error != ENOTEMPTY && error != ENOTDIR) break;
    if (std::optional<Unpacked> found = find_in(store, package)) return std::move(*found);
    store.discard(package);
  }
  refuse_cache(made.folder, error);
}

}  // namespace

const UnpackedFile* Unpacked::find(std::string_view path) const {
  const auto found =
      std::lower_bound(files.begin(), files.end(), path,
                       [](const UnpackedFile& file, std::string_view wanted) { return file.entry.path < wanted; });
  return found != files.end() && found->entry.path == path ? &*found : nullptr;
}

struct PackageCache::State {
  explicit State(std::filesystem::path root) : shared(std::move(root)) {}
  ~State() {
    std::error_code ignored;
    if (spare) std::filesystem::remove_all(spare->root(), ignored);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Where packages are unpacked now.
  PackageStore& store() {
    const std::lock_guard<std::mutex> lock(mutex);
    return spare ? *spare : shared;
  }
  bool has_spare() const {
    const std::lock_guard<std::mutex> lock(mutex);
    return spare.has_value();
  }
  bool is_hidden(const core::Sha256& package) const {
    const std::lock_guard<std::mutex> lock(mutex);
    return hidden.contains(package);
  }
  void hide(const core::Sha256& package) {
    const std::lock_guard<std::mutex> lock(mutex);
    hidden.insert(package);
  }

  /// Call when `failed` could not be written: from now on the private folder is used. False: it was that one, or there
  /// is none.
  bool give_up(const PackageStore& failed, const core::Error& error) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (spare) return &failed != &*spare;
    std::error_code ignored;
    std::filesystem::path base = std::filesystem::temp_directory_path(ignored);
    if (ignored) base = "/tmp";
    std::string name = (base / "envlock-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return false;
    spare.emplace(std::filesystem::path(name));
    trouble = error.diagnostics().front();
    trouble->what += ", so packages are unpacked for this run alone";
    return true;
  }

  PackageStore shared;
  mutable std::mutex mutex;
  std::optional<PackageStore> spare;
  std::optional<core::Diagnostic> trouble;
  std::set<core::Sha256> hidden;  ///< of `shared`: thrown away, but still there
};

PackageCache::PackageCache(std::filesystem::path root) : state_(std::make_unique<State>(std::move(root))) {}
PackageCache::~PackageCache() = default;
PackageCache::PackageCache(PackageCache&&) noexcept = default;

const std::filesystem::path& PackageCache::root() const {
  return state_->shared.root();
}

std::optional<core::Diagnostic> PackageCache::trouble() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->trouble;
}

std::optional<Unpacked> PackageCache::find(const core::Sha256& package) const {
  std::optional<Unpacked> found;
  if (!state_->is_hidden(package)) found = find_in(state_->shared, package);
  if (!found && state_->has_spare()) found = find_in(state_->store(), package);
  return found;
}

Unpacked PackageCache::unpack(const std::filesystem::path& archive_file, const core::Sha256& package,
                              const Limits& limits) {
  if (std::optional<Unpacked> found = find(package)) return std::move(*found);
  PackageStore& store = state_->store();
  try {
    return unpack_into(store, archive_file, package, limits);
  } catch (const core::Error& error) {
    if (!is_unwritable(error) || !state_->give_up(store, error)) throw;
  }
  return unpack_into(state_->store(), archive_file, package, limits);
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
  if (state_->has_spare()) return;
  std::vector<StampsToTake> all;
  for (const Restamped& restamped : packages) {
    all.push_back({.package = restamped.package, .folder = restamped.folder, .files = restamped.files, .stamps = {}});
    all.back().stamps.reserve(restamped.package->files.size());
    for (const UnpackedFile& file : restamped.package->files) all.back().stamps.push_back(file.stamp);
  }
  take_stamps(all, threads);
  try {
    const WorkFolder work = state_->shared.begin_work();
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
  try {
    state_->shared.discard(package);
  } catch (const core::Error& error) {
    if (!is_unwritable(error)) throw;
    state_->hide(package);
  }
  if (state_->has_spare()) state_->store().discard(package);
}

}  // namespace envlock::archive
