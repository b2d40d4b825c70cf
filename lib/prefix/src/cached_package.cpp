#include "cached_package.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "envlock/archive/cache_cursor.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "manifest_invalid.h"
#include "prefix_folder.h"

namespace envlock::prefix {
namespace {

// Those that parse_manifest looks at.
constexpr const char* kInfoFiles[] = {"paths.json", "link.json", "index.json", "files",
                                      "has_prefix", "no_link",   "no_softlink"};

/// What a file under info/ may take that lists the files of the package: room for each path, in escapes, for a
/// placeholder and all else that is said of a file.
std::uint64_t most_info_bytes(const archive::Unpacked& package) {
  constexpr std::uint64_t kAnyway = 256 << 10, kEach = 8 << 10, kEscape = 6, kMost = std::uint64_t{128} << 20;
  std::uint64_t bytes = kAnyway;
  for (const archive::UnpackedFile& file : package.files) bytes += kEach + kEscape * file.entry.path.size();
  return std::min(bytes, kMost);
}

void check_identity(const PackageToLink& package) {
  const conda::PackageRecord& record = package.wanted->record;
  const Manifest& manifest = package.manifest;
  if (record.sha256 && *record.sha256 != package.unpacked->package) {
    throw core::Error({.code = "package-invalid",
                       .what = "what is unpacked for `" + core::printable(record.file_name) + "` is another package",
                       .why = {"want sha256 " + core::format(*record.sha256),
                               "have sha256 " + core::format(package.unpacked->package)}});
  }
  if (manifest.name == record.name && manifest.version == record.version && manifest.build == record.build) return;
  throw core::Error({.code = "package-invalid",
                     .what = "`" + core::printable(record.file_name) + "` says that it is another package",
                     .why = {"want `" + core::printable(record.name + " " + record.version + " " + record.build) + "`",
                             "have `" + core::printable(manifest.name + " " + manifest.version + " " + manifest.build) +
                                 "` in info/index.json"},
                     .hints = {"lock another build of it"}});
}

/// First a look at every file; then those are read that no look can prove, two at a time.
class Proving {
 public:
  Proving(const std::vector<PackageToLink>& packages, std::vector<PlannedFile>& files,
          const archive::PackageCache& cache, std::size_t threads)
      : packages_(packages), files_(files), cache_(cache), threads_(threads), unproved_(files.size()) {}

  void run() {
    constexpr std::size_t kBatch = 64;
    core::parallel_for((files_.size() + kBatch - 1) / kBatch, threads_, [&](std::size_t batch) {
      archive::CacheCursor at;
      for (std::size_t i = batch * kBatch; i < std::min(files_.size(), (batch + 1) * kBatch); ++i) look(i, at);
    });
    std::vector<std::size_t> to_read;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (unproved_[i] != 0) to_read.push_back(i);
    }
    // Two of about the same size go together, and the large ones come first.
    std::stable_sort(to_read.begin(), to_read.end(), [&](std::size_t left, std::size_t right) {
      return files_[left].cached->entry.size > files_[right].cached->entry.size;
    });
    core::parallel_for((to_read.size() + 1) / 2, threads_, [&](std::size_t pair) {
      const std::size_t first = to_read[2 * pair];
      2 * pair + 1 < to_read.size() ? prove(first, to_read[2 * pair + 1]) : prove(first);
    });
  }

 private:
  using Look = archive::PackageCache::Look;

  const PackageToLink& package_of(std::size_t i) const { return packages_[files_[i].package]; }
  void go_to(std::size_t i, archive::CacheCursor& at) const {
    at.go_to(*package_of(i).unpacked, *files_[i].cached, package_of(i).files.get());
  }

  void look(std::size_t i, archive::CacheCursor& at) {
    PlannedFile& file = files_[i];
    if (file.cached == nullptr || file.source == FileSource::symlink) return;
    go_to(i, at);
    const archive::PackageCache::Glance seen = cache_.glance(*file.cached, at);
    demand(seen.look != Look::changed, i);
    if (seen.look == Look::touched && file.source == FileSource::link) file.source = FileSource::copy;
    unproved_[i] = seen.needs_hash ? 1 : 0;
  }

  void prove(std::size_t first, std::size_t second) const {
    archive::CacheCursor at_first, at_second;
    go_to(first, at_first);
    go_to(second, at_second);
    const auto [one, two] =
        archive::PackageCache::have_hashes(*files_[first].cached, at_first, *files_[second].cached, at_second);
    demand(one, first);
    demand(two, second);
  }
  void prove(std::size_t i) const {
    archive::CacheCursor at;
    go_to(i, at);
    demand(archive::PackageCache::has_hash(*files_[i].cached, at), i);
  }

  void demand(bool is_right, std::size_t i) const {
    if (!is_right) throw_cache_changed(package_of(i), *files_[i].cached);
  }

  const std::vector<PackageToLink>& packages_;
  std::vector<PlannedFile>& files_;
  const archive::PackageCache& cache_;
  std::size_t threads_;
  std::vector<unsigned char> unproved_;  // not bits: several threads write to it
};

}  // namespace

void throw_cache_changed(const PackageToLink& package, const archive::UnpackedFile& file) {
  throw core::Error(
      {.code = "cache-changed",
       .what =
           "the cached files of `" + core::printable(package.wanted->record.file_name) + "` are not what was unpacked",
       .why = {"`" + core::printable(package.unpacked->path_of(file).string()) + "` was changed, or is gone"},
       .hints = {"remove `" + core::printable(package.unpacked->folder.string()) +
                 "`, then run the same command again"}});
}

void open_cached_folders(std::vector<PackageToLink>& packages) {
  constexpr std::size_t kMost = 256;  // a process often may have no more than 1024 open
  for (std::size_t i = 0; i < std::min(packages.size(), kMost); ++i) {
    const std::string folder = (packages[i].unpacked->folder / "files").string();
    packages[i].files = Descriptor(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
}

char* ByteBuffer::room_for(std::size_t size) {
  if (size > size_) {
    bytes_.reset();  // first: two at once would be twice the memory
    size_ = 0;
    bytes_.reset(new char[size]);  // not cleared, as make_unique would
    size_ = size;
  }
  return bytes_.get();
}

std::size_t read_proved(const PackageToLink& package, const archive::UnpackedFile& file, ByteBuffer& buffer) {
  archive::CacheCursor place;
  place.go_to(*package.unpacked, file, package.files.get());
  const Descriptor opened(openat(place.folder(), place.path(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  const std::size_t size = static_cast<std::size_t>(file.entry.size);
  // One byte more than there should be, to see that there is no more.
  char* bytes = buffer.room_for(size + 1);
  std::size_t have = 0;
  while (opened && have < size) {
    const ssize_t got = read(opened.get(), bytes + have, size + 1 - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  if (!opened || have != size) throw_cache_changed(package, file);
  return size;
}

void read_cached_manifest(PackageToLink& package) {
  const std::uint64_t most = most_info_bytes(*package.unpacked);
  std::map<std::string, std::string> info;
  ByteBuffer buffer;
  for (const char* name : kInfoFiles) {
    const archive::UnpackedFile* file = package.unpacked->find(std::string("info/") + name);
    if (file == nullptr || file->entry.kind != archive::EntryKind::file) continue;
    if (file->entry.size > most) {
      throw_package_invalid(package.wanted->record.file_name, std::string("info/") + name, "is too long",
                            {"want at most " + std::to_string(most) + " bytes for the " +
                                 std::to_string(package.unpacked->files.size()) + " files of the package",
                             "have " + std::to_string(file->entry.size) + " bytes"});
    }
    const std::size_t size = read_proved(package, *file, buffer);
    const std::string_view bytes(buffer.data(), size);
    if (core::sha256(bytes) != file->sha256) throw_cache_changed(package, *file);
    info.emplace(name, bytes);
  }
  package.manifest = parse_manifest(info, package.wanted->record.file_name);
  check_identity(package);
}

void prove_cached_files(const std::vector<PackageToLink>& packages, std::vector<PlannedFile>& files,
                        const archive::PackageCache& cache, std::size_t threads) {
  Proving(packages, files, cache, threads).run();
}

}  // namespace envlock::prefix
