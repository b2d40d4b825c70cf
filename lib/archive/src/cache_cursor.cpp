#include "envlock/archive/cache_cursor.h"

#include <fcntl.h>
#include <unistd.h>

namespace envlock::archive {

CacheCursor::~CacheCursor() {
  leave();
}

void CacheCursor::leave() {
  if (open_ >= 0) close(open_);
  open_ = -1;
}

void CacheCursor::go_to(const Unpacked& package, const UnpackedFile& file, int files) {
  if (files < 0) {
    whole_ = package.path_of(file).string();
    folder_ = AT_FDCWD;
    path_ = whole_.c_str();
    return;
  }
  const std::string_view path = file.entry.path;
  const std::string_view parent = path.substr(0, path.rfind('/') + 1);
  const bool again = package_ == &package && parent_ == parent && !parent.empty();
  if (!again) {
    leave();
    package_ = &package;
  } else if (open_ < 0) {
    open_ = openat(files, std::string(parent).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  parent_ = parent;
  folder_ = open_ >= 0 ? open_ : files;
  path_ = file.entry.path.c_str() + (open_ >= 0 ? parent.size() : 0);
}

}  // namespace envlock::archive
