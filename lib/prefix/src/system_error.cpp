#include "system_error.h"

#include <cerrno>
#include <cstring>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::prefix {

void throw_system_error(const std::string& doing, const std::string& path, int error) {
  const std::string what = "cannot " + doing + " `" + core::printable(path) + "`";
  if (error == ENOSPC || error == EDQUOT) {
    throw core::Error({.code = "disk-full",
                       .what = what,
                       .why = {std::strerror(error)},
                       .hints = {"make room on that disk, then run the same command again"}});
  }
  core::Diagnostic diagnostic{.code = "prefix-unwritable", .what = what, .why = {std::strerror(error)}};
  if (error == EACCES || error == EPERM || error == EROFS) {
    diagnostic.hints = {"choose a prefix that you may write to"};
  } else if (error == ENOENT) {
    diagnostic.why.push_back("the folder is gone; something else removed it meanwhile");
    diagnostic.hints = {"run the same command again"};
  } else if (error == ELOOP || error == ENOTDIR || error == EXDEV) {
    diagnostic.why.push_back("a folder on the way is a symbolic link or a file, and links are not followed here");
  }
  throw core::Error(std::move(diagnostic));
}

}  // namespace envlock::prefix
