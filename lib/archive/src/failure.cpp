#include "failure.h"

#include <cerrno>
#include <system_error>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::archive {
namespace {

std::vector<std::string> reasons(std::string_view entry, const std::string& why) {
  if (entry.empty()) return {why};
  return {"entry `" + core::printable(entry) + "`: " + why};
}

}  // namespace

void refuse_unreadable(const std::string& file, std::string_view entry, const std::string& why) {
  throw core::Error({.code = "archive-unreadable",
                     .what = "`" + core::printable(file) + "` cannot be read as an archive",
                     .why = reasons(entry, why),
                     .hints = {"remove the file and let it be fetched again"}});
}

void refuse_unsafe(const std::string& file, std::string_view entry, const std::string& why) {
  throw core::Error({.code = "archive-unsafe",
                     .what = "`" + core::printable(file) + "` holds an entry that no package may have",
                     .why = reasons(entry, why),
                     .hints = {"do not install it; tell those who made the package"}});
}

void refuse_too_large(const std::string& file, std::string_view entry, const std::string& why) {
  throw core::Error({.code = "archive-too-large",
                     .what = "`" + core::printable(file) + "` unpacks to more than is taken from an archive",
                     .why = reasons(entry, why),
                     .hints = {"do not install it unless you know why it is so large"}});
}

void refuse_file(const std::string& file, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    throw core::Error({.code = "file-not-found", .what = "there is no file `" + core::printable(file) + "`"});
  }
  throw core::Error({.code = "file-unreadable",
                     .what = "`" + core::printable(file) + "` cannot be read",
                     .why = {"the system says: " + std::generic_category().message(error)}});
}

}  // namespace envlock::archive
