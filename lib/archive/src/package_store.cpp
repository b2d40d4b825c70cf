#include "package_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "descriptor.h"
#include "fault_hook.h"
#include "unpacker.h"

namespace envlock::archive {

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

std::filesystem::path PackageStore::folder_of(const core::Sha256& package) const {
  const std::string hex = core::format(package);
  return root_ / hex.substr(0, 2) / hex;
}

void PackageStore::prepare() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (prepared_) return;
  make_folders(work());
  WorkFolder::sweep(work());
  // Backup programs know this file and pass the folder over; a missing one harms nobody.
  (void)write_new_file(root_ / "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# Written by envlock.\n");
  prepared_ = true;
}

WorkFolder PackageStore::begin_work() {
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

void PackageStore::discard(const core::Sha256& package) {
  const std::filesystem::path folder = folder_of(package);
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(folder, error))) return;
  const WorkFolder trash = begin_work();
  at_step("discarding");
  if (rename(folder.c_str(), (trash.path() / "removed").c_str()) != 0 && errno != ENOENT) {
    refuse_cache(folder, errno);
  }
}

}  // namespace envlock::archive
