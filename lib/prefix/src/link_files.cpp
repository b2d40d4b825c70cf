#include "link_files.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>

#include "cached_package.h"
#include "envlock/archive/cache_cursor.h"
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
    file = Descriptor(openat(folder, leaf_of(path).data(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
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

/// What a thread needs to rewrite a file; used again for the next.
struct RewritingSpace {
  ByteBuffer buffer;
  std::string text;
};

class Linking {
 public:
  explicit Linking(const LinkInput& input)
      : input_(input), stage_(input.prefix.open(JournalFolder::kStage)), results_(input.plan.files.size()) {
    if (input.method != LinkMethod::automatic) has_reflinks_ = false;
    if (input.method == LinkMethod::copy) has_hardlinks_ = false;
  }

  std::vector<LinkedFile> run() {
    const std::vector<Batch> batches = batches_of();
    core::parallel_for(batches.size(), input_.threads, [&](std::size_t number) {
      Cursor cursor(input_.prefix);
      archive::CacheCursor source;
      const Batch& batch = batches[number];
      try {
        if (batch.second != kNone) return rewrite_two(cursor, batch.begin, batch.second);
        for (std::size_t i = batch.begin; i < batch.end && !failed_; ++i) {
          if (is_large(i) != batch.is_large) continue;
          make(cursor, source, i);
          input_.done_one();
        }
      } catch (...) {
        failed_ = true;
        throw;
      }
    });
    return std::move(results_);
  }

 private:
  struct Batch {
    std::size_t begin, end;  // in plan.files
    bool is_large = false;   // takes the large ones of these files; else the others
    /// Of two files to rewrite together, which both are large.
    std::size_t second = kNone;
  };

  /// Worth a batch of its own.
  bool is_large(std::size_t index) const {
    constexpr std::uint64_t kLarge = 64 << 10;
    const PlannedFile& file = input_.plan.files[index];
    return file.source == FileSource::rewrite && file.cached->entry.size >= kLarge;
  }

  /// The largest before all, two together as long as both fit well into memory.
  std::vector<Batch> large_batches() const {
    constexpr std::uint64_t kMostForTwo = std::uint64_t{16} << 20;
    const std::vector<PlannedFile>& files = input_.plan.files;
    std::vector<std::size_t> large;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (is_large(i)) large.push_back(i);
    }
    std::stable_sort(large.begin(), large.end(), [&](std::size_t left, std::size_t right) {
      return files[left].cached->entry.size > files[right].cached->entry.size;
    });
    std::vector<Batch> batches;
    for (std::size_t i = 0; i < large.size(); ++i) {
      batches.push_back({large[i], large[i] + 1, true});
      const bool has_second = i + 1 < large.size() && files[large[i]].cached->entry.size <= kMostForTwo;
      if (has_second) batches.back().second = large[++i];
    }
    return batches;
  }

  /// Large files to rewrite first, so that no thread is left alone with them. Then the others in their order, each
  /// thread in another region: two that make files in one folder wait for each other.
  std::vector<Batch> batches_of() const {
    constexpr std::size_t kBatch = 64;
    const std::vector<PlannedFile>& files = input_.plan.files;
    std::vector<Batch> batches = large_batches();
    const std::size_t count = (files.size() + kBatch - 1) / kBatch;
    const std::size_t regions =
        std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, std::max<std::size_t>(count, 1));
    const std::size_t length = (count + regions - 1) / regions;
    for (std::size_t i = 0; i < length; ++i) {
      for (std::size_t batch = i; batch < count; batch += length) {
        batches.push_back({batch * kBatch, std::min(files.size(), (batch + 1) * kBatch)});
      }
    }
    return batches;
  }

  void make(Cursor& cursor, archive::CacheCursor& source, std::size_t index) {
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
        result.how = link_or_copy(cursor, source, file);
    }
  }

  void make_symlink(Cursor& cursor, const PlannedFile& file, LinkedFile& result) const {
    const int folder = cursor.folder_of(file.path);
    const char* name = leaf_of(file.path).data();  // the end of the path, and so ended by NUL
    if (folder < 0 || symlinkat(file.bytes.c_str(), folder, name) != 0) {
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

  static RewritingSpace& thread_space(std::size_t number) {
    static thread_local RewritingSpace spaces[2];
    return spaces[number];
  }

  /// Writes the file, and gives what it wrote; the bytes stay until the space is used again.
  std::string_view write_rewritten(Cursor& cursor, const PlannedFile& file, RewritingSpace& space) const {
    const std::size_t size = read_proved(package_of(file), *file.cached, space.buffer);
    std::string_view bytes(space.buffer.data(), size);
    if (file.placeholder->mode == FileMode::binary) {
      const PrefixChange change{.placeholder = file.placeholder->text, .prefix = input_.prefix_text};
      replace_binary_as_conda(space.buffer.data(), size, change);
    } else {
      space.text = replace_prefix(bytes, *file.placeholder, input_.prefix_text);
      bytes = space.text;
    }
    write_new_file(cursor, file.path, bytes, file.mode, file.time_seconds);
    return bytes;
  }

  void rewrite(Cursor& cursor, const PlannedFile& file, LinkedFile& result) const {
    const std::string_view bytes = write_rewritten(cursor, file, thread_space(0));
    result = {LinkedFile::How::rewrite, core::sha256(bytes), bytes.size()};
  }

  /// Two take hardly longer to hash than one.
  void rewrite_two(Cursor& cursor, std::size_t first, std::size_t second) {
    if (failed_) return;
    fault_point("link");
    const std::string_view one = write_rewritten(cursor, input_.plan.files[first], thread_space(0));
    fault_point("link");
    const std::string_view two = write_rewritten(cursor, input_.plan.files[second], thread_space(1));
    core::Sha256Hasher hash_one, hash_two;
    core::Sha256Hasher::update_both(hash_one, one, hash_two, two);
    results_[first] = {LinkedFile::How::rewrite, hash_one.finish(), one.size()};
    results_[second] = {LinkedFile::How::rewrite, hash_two.finish(), two.size()};
    input_.done_one();
    input_.done_one();
  }

  LinkedFile::How link_or_copy(Cursor& cursor, archive::CacheCursor& source, const PlannedFile& file) {
    const bool may_link = file.source == FileSource::link;
    source.go_to(*package_of(file).unpacked, *file.cached, package_of(file).files.get());
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
      return link_or_copy(cursor, source, file);
    }
    if (!copy_bytes(from.get(), to.get())) throw_system_error("write", input_.prefix.shown(file.path), errno);
    set_mode_and_time(to.get(), file.mode, file.time_seconds);
    return LinkedFile::How::copy;
  }

  /// False: it must be copied. A link shares mode and time with the cached file: these were proved, too.
  bool hard_link(Cursor& cursor, const PlannedFile& file, const archive::CacheCursor& source) {
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
  Descriptor stage_;  // there when there are wheels
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
