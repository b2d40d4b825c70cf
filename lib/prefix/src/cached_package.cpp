#include "cached_package.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "prefix_folder.h"

namespace envlock::prefix {
namespace {

// Those that parse_manifest looks at.
constexpr const char* kInfoFiles[] = {"paths.json", "link.json", "index.json", "files",
                                      "has_prefix", "no_link",   "no_softlink"};

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

CachedPlace::CachedPlace(const PackageToLink& package, const archive::UnpackedFile& file)
    : file_(file), folder_(package.files ? package.files.get() : AT_FDCWD) {
  if (!package.files) whole_ = package.unpacked->path_of(file).string();
}

std::size_t read_proved(const PackageToLink& package, const archive::UnpackedFile& file, std::string& buffer) {
  const CachedPlace place(package, file);
  const Descriptor opened(openat(place.folder(), place.path(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  const std::size_t size = static_cast<std::size_t>(file.entry.size);
  // One byte more than there should be, to see that there is no more.
  if (buffer.size() <= size) buffer.resize(size + 1);
  std::size_t have = 0;
  while (opened && have < size) {
    const ssize_t got = read(opened.get(), buffer.data() + have, size + 1 - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  if (!opened || have != size) throw_cache_changed(package, file);
  return size;
}

void read_cached_manifest(PackageToLink& package) {
  std::map<std::string, std::string> info;
  for (const char* name : kInfoFiles) {
    const archive::UnpackedFile* file = package.unpacked->find(std::string("info/") + name);
    if (file == nullptr || file->entry.kind != archive::EntryKind::file) continue;
    std::string bytes;
    const std::size_t size = read_proved(package, *file, bytes);
    bytes.resize(size);
    if (core::sha256(bytes) != file->sha256) throw_cache_changed(package, *file);
    info.emplace(name, std::move(bytes));
  }
  package.manifest = parse_manifest(info, package.wanted->record.file_name);
  check_identity(package);
}

void prove_cached_files(const std::vector<PackageToLink>& packages, std::vector<PlannedFile>& files,
                        const archive::PackageCache& cache, std::size_t threads) {
  using Look = archive::PackageCache::Look;
  constexpr std::size_t kBatch = 64;
  core::parallel_for((files.size() + kBatch - 1) / kBatch, threads, [&](std::size_t batch) {
    for (std::size_t i = batch * kBatch; i < std::min(files.size(), (batch + 1) * kBatch); ++i) {
      PlannedFile& file = files[i];
      if (file.cached == nullptr || file.source == FileSource::symlink) continue;
      const PackageToLink& package = packages[file.package];
      const Look look = cache.look_at(*package.unpacked, *file.cached, package.files.get());
      if (look == Look::changed) throw_cache_changed(package, *file.cached);
      if (look == Look::touched && file.source == FileSource::link) file.source = FileSource::copy;
    }
  });
}

}  // namespace envlock::prefix
