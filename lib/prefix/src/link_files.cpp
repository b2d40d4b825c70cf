#include "link_files.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "cached_package.h"
#include "envlock/core/parallel.h"
#include "envlock/prefix/replacement.h"
#include "fault.h"
#include "journal_folder.h"
#include "replacement_rules.h"
#include "system_error.h"

namespace envlock::prefix {
namespace {

/// A new, empty file that is already at its place.
Descriptor create(Cursor& cursor, const std::string& path) {
  const int folder = cursor.folder_of(path);
  Descriptor file;
  if (folder >= 0) {
    file = Descriptor(
        openat(folder, Cursor::name_of(path).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  }
  if (!file) throw_system_error("write", cursor.prefix().shown(path), errno);
  return file;
}

void set_mode_and_time(int file, std::uint32_t mode, std::int64_t seconds) {
  (void)fchmod(file, mode);
  set_time(file, "", seconds);
}

/// False, and errno, when the file system cannot.
bool copy_bytes(int source, int target) {
  bool first = true;
  while (true) {
    const ssize_t copied = copy_file_range(source, nullptr, target, nullptr, std::size_t{1} << 30, 0);
    if (copied == 0 && !first) return true;
    if (copied > 0) {
      first = false;
      continue;
    }
    if (copied < 0 && errno == EINTR) continue;
    // Old kernels give 0 or an error between file systems.
    if (copied < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return false;
    break;
  }
  std::string buffer(std::size_t{1} << 18, '\0');
  while (true) {
    const ssize_t got = read(source, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    if (!write_all(target, {buffer.data(), static_cast<std::size_t>(got)})) return false;
  }
}

/// The file system has no reflinks, or the two places are on different ones.
bool is_unable(int error) {
  return error == EOPNOTSUPP || error == EXDEV || error == ENOTTY || error == EINVAL || error == ENOSYS;
}

// More is got as it is needed.
constexpr std::uint64_t kMostReserved = std::uint64_t{64} << 20;

class Linking {
 public:
  explicit Linking(const LinkInput& input)
      : input_(input), stage_(input.prefix.open(JournalFolder::kStage)), results_(input.plan.files.size()) {
    for (const PlannedFile& file : input.plan.files) {
      if (file.source == FileSource::rewrite) largest_ = std::max(largest_, file.cached->entry.size);
    }
    if (input.method != LinkMethod::automatic) has_reflinks_ = false;
    if (input.method == LinkMethod::copy) has_hardlinks_ = false;
  }

  std::vector<LinkedFile> run() {
    constexpr std::size_t kBatch = 64;
    const std::size_t count = input_.plan.files.size();
    core::parallel_for((count + kBatch - 1) / kBatch, input_.threads, [&](std::size_t batch) {
      Cursor cursor(input_.prefix);
      for (std::size_t i = batch * kBatch; i < std::min(count, (batch + 1) * kBatch) && !failed_; ++i) {
        try {
          make(cursor, i);
        } catch (...) {
          failed_ = true;
          throw;
        }
        input_.done_one();
      }
    });
    return std::move(results_);
  }

 private:
  void make(Cursor& cursor, std::size_t index) {
    const PlannedFile& file = input_.plan.files[index];
    if (file.source == FileSource::pyc || file.source == FileSource::meta) return;
    fault_point("link");
    LinkedFile& result = results_[index];
    switch (file.source) {
      case FileSource::symlink:
        return make_symlink(cursor, file, result);
      case FileSource::rewrite:
        return rewrite(cursor, file, result);
      case FileSource::staged:
        return move_staged(cursor, file, result);
      case FileSource::bytes:
        result = {LinkedFile::How::written, core::sha256(file.bytes), file.bytes.size()};
        return write_new_file(cursor, file.path, file.bytes, file.mode, file.time_seconds);
      default:
        result = {LinkedFile::How::none, file.cached->sha256, file.cached->entry.size};
        result.how = link_or_copy(cursor, file);
    }
  }

  void make_symlink(Cursor& cursor, const PlannedFile& file, LinkedFile& result) const {
    const int folder = cursor.folder_of(file.path);
    const std::string name = Cursor::name_of(file.path);
    if (folder < 0 || symlinkat(file.bytes.c_str(), folder, name.c_str()) != 0) {
      throw_system_error("make the link", input_.prefix.shown(file.path), errno);
    }
    set_time(folder, name, file.time_seconds);
    result.how = LinkedFile::How::written;
  }

  void move_staged(Cursor& cursor, const PlannedFile& file, LinkedFile& result) const {
    const int folder = cursor.folder_of(file.path);
    if (folder < 0 || renameat(stage_.get(), file.bytes.c_str(), folder, Cursor::name_of(file.path).c_str()) != 0) {
      throw_system_error("write", input_.prefix.shown(file.path), errno);
    }
    result = {LinkedFile::How::written, file.sha256, file.size};
  }

  void rewrite(Cursor& cursor, const PlannedFile& file, LinkedFile& result) const {
    // Kept from one file to the next: fresh memory costs as much as reading into it.
    static thread_local std::string buffer;
    buffer.reserve(static_cast<std::size_t>(std::min(largest_, kMostReserved)) + 1);
    const std::size_t size = read_proved(package_of(file), *file.cached, buffer);
    std::string text;
    std::string_view bytes(buffer.data(), size);
    if (file.placeholder->mode == FileMode::binary) {
      replace_binary_as_conda(buffer, size, {.placeholder = file.placeholder->text, .prefix = input_.prefix_text});
    } else {
      text = replace_prefix(bytes, *file.placeholder, input_.prefix_text);
      bytes = text;
    }
    write_new_file(cursor, file.path, bytes, file.mode, file.time_seconds);
    result = {LinkedFile::How::rewrite, core::sha256(bytes), bytes.size()};
  }

  LinkedFile::How link_or_copy(Cursor& cursor, const PlannedFile& file) {
    const bool may_link = file.source == FileSource::link;
    const CachedPlace source(package_of(file), *file.cached);
    if (may_link && !has_reflinks_ && has_hardlinks_ && hard_link(cursor, file, source)) {
      return LinkedFile::How::hardlink;
    }
    const Descriptor from(openat(source.folder(), source.path(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!from || fstat(from.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        static_cast<std::uint64_t>(status.st_size) != file.cached->entry.size) {
      throw_cache_changed(package_of(file), *file.cached);
    }
    const Descriptor to = create(cursor, file.path);
    const bool try_reflink = has_reflinks_;
    if (try_reflink && ioctl(to.get(), FICLONE, from.get()) == 0) {
      set_mode_and_time(to.get(), file.mode, file.time_seconds);
      return LinkedFile::How::reflink;
    }
    if (try_reflink && !is_unable(errno)) throw_system_error("write", input_.prefix.shown(file.path), errno);
    // Decided for all that follow: the cache is on one file system, and the prefix too.
    if (try_reflink) has_reflinks_ = false;
    if (try_reflink && may_link && has_hardlinks_) {
      (void)unlinkat(cursor.folder_of(file.path), Cursor::name_of(file.path).c_str(), 0);
      return link_or_copy(cursor, file);
    }
    if (!copy_bytes(from.get(), to.get())) throw_system_error("write", input_.prefix.shown(file.path), errno);
    set_mode_and_time(to.get(), file.mode, file.time_seconds);
    return LinkedFile::How::copy;
  }

  /// False: it must be copied. A link shares mode and time with the cached file: these were proved, too.
  bool hard_link(Cursor& cursor, const PlannedFile& file, const CachedPlace& source) {
    const int folder = cursor.folder_of(file.path);
    if (folder < 0) throw_system_error("write", input_.prefix.shown(file.path), errno);
    const std::string_view leaf = leaf_of(file.path);  // the end of the path, and so ended by NUL
    if (linkat(source.folder(), source.path(), folder, leaf.data(), 0) == 0) return true;
    if (errno == EXDEV || errno == EPERM || errno == EOPNOTSUPP) {
      has_hardlinks_ = false;
      return false;
    }
    if (errno == EMLINK) return false;  // this one file has as many links as there may be
    if (errno == ENOENT || errno == ELOOP) throw_cache_changed(package_of(file), *file.cached);
    throw_system_error("write", input_.prefix.shown(file.path), errno);
  }

  const PackageToLink& package_of(const PlannedFile& file) const { return input_.plan.packages[file.package]; }

  const LinkInput& input_;
  Descriptor stage_;           // there when there are wheels
  std::uint64_t largest_ = 0;  // of the files to rewrite, in bytes
  std::vector<LinkedFile> results_;
  std::atomic<bool> has_reflinks_{true}, has_hardlinks_{true}, failed_{false};
};

}  // namespace

void write_new_file(Cursor& cursor, const std::string& path, std::string_view bytes, std::uint32_t mode,
                    std::int64_t time_seconds) {
  const Descriptor file = create(cursor, path);
  if (!write_all(file.get(), bytes)) throw_system_error("write", cursor.prefix().shown(path), errno);
  set_mode_and_time(file.get(), mode, time_seconds);
}

std::vector<LinkedFile> link_files(const LinkInput& input) {
  return Linking(input).run();
}

}  // namespace envlock::prefix
