#pragma once

#include <string>
#include <string_view>

#include "envlock/archive/package_cache.h"

namespace envlock::archive {

/// The way to many files of unpacked packages, one after the other, for calls that take an open folder and a path. A
/// folder that two files in a row lie in is held open: then the way is only the name. For one thread.
class CacheCursor {
 public:
  CacheCursor() = default;
  ~CacheCursor();
  CacheCursor(const CacheCursor&) = delete;
  CacheCursor& operator=(const CacheCursor&) = delete;

  /// `files`: the package's `files`, held open; -1: it is not, and the way is the whole path. The package and the file
  /// must live until the next call.
  void go_to(const Unpacked& package, const UnpackedFile& file, int files);
  int folder() const { return folder_; }
  /// Ended by NUL.
  const char* path() const { return path_; }

 private:
  void leave();

  const Unpacked* package_ = nullptr;
  std::string_view parent_;  // of the last file; it may end with a slash
  int open_ = -1;            // that folder
  int folder_ = -1;
  const char* path_ = "";
  std::string whole_;
};

}  // namespace envlock::archive
