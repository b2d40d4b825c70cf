#include "unpacker.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "entry_path.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "fault_hook.h"
#include "file_stamp.h"

namespace envlock::archive {
namespace {

constexpr std::size_t kCopyPiece = 256 << 10;

constexpr std::size_t kSmall = 4 << 10;

/// Hashing a small file in one call spares it a context of its own. A larger one gains more from company.
const core::Sha256Prefix& plain_sha256() {
  static const core::Sha256Prefix prefix("");
  return prefix;
}

void times_of(const Entry& entry, timespec (&times)[2]) {
  times[0] = times[1] = {.tv_sec = entry.mtime_seconds, .tv_nsec = 0};
}

}  // namespace

void refuse_cache(const std::filesystem::path& path, int error) {
  const std::string said = "the system says: " + std::generic_category().message(error);
  const std::string shown = "`" + core::printable(path.string()) + "`";
  if (error == ENOSPC || error == EDQUOT) {
    throw core::Error({.code = "disk-full",
                       .what = "there is no room to unpack a package below " + shown,
                       .why = {said},
                       .hints = {"make room, or choose another cache with `--cache DIR`"}});
  }
  throw core::Error({.code = "cache-unwritable",
                     .what = "the package cache " + shown + " cannot be written",
                     .why = {said},
                     .hints = {"give another folder with `--cache DIR` or ENVLOCK_CACHE_DIR"}});
}

Unpacker::Unpacker(int folder, std::filesystem::path path) : folder_(folder), path_(std::move(path)) {}

void Unpacker::refuse(int error) const {
  refuse_cache(path_, error);
}

void Unpacker::make_folders(std::string_view folder) {
  if (folder.empty() || folder == last_made_) return;
  last_made_ = folder;
  if (!made_.insert(last_made_).second) return;
  make_folders(folder_of(folder));
  if (mkdirat(folder_, std::string(folder).c_str(), 0777) != 0 && errno != EEXIST) refuse(errno);
  last_made_ = folder;
}

void Unpacker::begin(const Entry& entry) {
  make_folders(entry.kind == EntryKind::directory ? std::string_view(entry.path) : folder_of(entry.path));
  files_.push_back({.entry = entry, .sha256 = {}, .stamp = {}});
  if (!index_.empty()) index_.emplace(entry.path, files_.size() - 1);
  if (entry.kind == EntryKind::file) open_file(entry);
  if (entry.kind == EntryKind::symlink) {
    if (symlinkat(entry.link_target.c_str(), folder_, entry.path.c_str()) != 0) refuse(errno);
    timespec times[2];
    times_of(entry, times);
    (void)utimensat(folder_, entry.path.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }
}

void Unpacker::open_file(const Entry& entry) {
  constexpr int kNewFile = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  file_ = Descriptor(openat(folder_, entry.path.c_str(), kNewFile, entry.mode));
  if (!file_) refuse(errno);
  written_ = 0;
  at_step("file");
}

void Unpacker::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = write(file_.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) refuse(errno);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
}

void Unpacker::data(std::string_view bytes) {
  UnpackedFile& file = files_.back();
  const bool is_whole_and_small = written_ == 0 && bytes.size() == file.entry.size && bytes.size() < kSmall;
  if (is_whole_and_small) {
    file.sha256 = plain_sha256().of(bytes);
  } else {
    if (written_ == 0) hasher_ = core::Sha256Hasher();
    hasher_.update(bytes);
  }
  write_all(bytes);
  written_ += bytes.size();
  if (written_ == file.entry.size && !is_whole_and_small) file.sha256 = hasher_.finish();
}

void Unpacker::end() {
  if (!file_) return;
  if (files_.back().entry.size == 0) files_.back().sha256 = plain_sha256().of("");
  close_file();
}

void Unpacker::close_file() {
  UnpackedFile& file = files_.back();
  timespec times[2];
  times_of(file.entry, times);
  struct stat status {};
  if (futimens(file_.get(), times) != 0 || fstat(file_.get(), &status) != 0) refuse(errno);
  if ((status.st_mode & 07777) != file.entry.mode) {  // the umask took something away
    if (fchmod(file_.get(), file.entry.mode) != 0 || fstat(file_.get(), &status) != 0) refuse(errno);
  }
  file.stamp = stamp_of(status);
  // Some file systems tell of a full disk only here.
  if (close(file_.release()) != 0) refuse(errno);
}

bool Unpacker::same_as(const Entry& entry, const std::string& earlier) {
  if (index_.empty()) {
    for (std::size_t i = 0; i < files_.size(); ++i) index_.emplace(files_[i].entry.path, i);
  }
  const auto found = index_.find(earlier);
  if (found == index_.end()) return false;
  const core::Sha256 sha256 = files_[found->second].sha256;
  // A copy, not a link: a link into a prefix would make three names of what a package means to be two.
  const Descriptor source(openat(folder_, earlier.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!source) refuse(errno);
  std::string buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kCopyPiece, entry.size)), '\0');
  begin(entry);
  for (std::uint64_t left = entry.size; left > 0;) {
    const ssize_t got = read(source.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) refuse(got < 0 ? errno : EIO);
    write_all({buffer.data(), static_cast<std::size_t>(got)});
    left -= static_cast<std::uint64_t>(got);
  }
  files_.back().sha256 = sha256;
  close_file();
  return true;
}

std::vector<UnpackedFile> Unpacker::finish() {
  std::sort(files_.begin(), files_.end(),
            [](const UnpackedFile& left, const UnpackedFile& right) { return left.entry.path < right.entry.path; });
  return std::move(files_);
}

}  // namespace envlock::archive
