#include "check_prefix.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/prefix/conda_meta.h"
#include "journal_folder.h"
#include "prefix_folder.h"

namespace envlock::prefix {
namespace {

std::string full_path(const std::filesystem::path& prefix) {
  std::string text = std::filesystem::absolute(prefix).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

/// Nothing in it, or nothing but an empty conda-meta or one that an interrupted install began.
bool is_empty(const PrefixFolder& prefix) {
  const std::vector<std::string> names = names_in(prefix.root());
  if (names.empty()) return true;
  if (names != std::vector<std::string>{"conda-meta"}) return false;
  const Descriptor meta = prefix.open("conda-meta");
  const std::vector<std::string> inner = meta ? names_in(meta.get()) : names;
  return inner.empty() || inner == std::vector<std::string>{".envlock"};
}

/// A link to nowhere on the way to a prefix that is not there: nothing can be made behind it.
void check_leads_somewhere(std::filesystem::path path) {
  std::error_code error;
  while (!std::filesystem::exists(std::filesystem::symlink_status(path, error)) && path != path.parent_path()) {
    path = path.parent_path();
  }
  if (!std::filesystem::is_symlink(path, error) || std::filesystem::exists(path, error)) return;
  const std::string target = std::filesystem::read_symlink(path, error).string();
  throw core::Error({.code = "prefix-invalid",
                     .what = "`" + core::printable(path.string()) + "` is a link that leads nowhere",
                     .why = {"there is no `" + core::printable(target) + "`, to which it points"},
                     .hints = {"make that folder, or remove the link"}});
}

}  // namespace

std::string check_prefix(const std::filesystem::path& prefix, bool force) {
  const std::string text = full_path(prefix);
  const std::string named = "`" + core::printable(text) + "`";
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (text.find(':') != std::string::npos) {
    throw core::Error({.code = "prefix-invalid",
                       .what = named + " cannot be a prefix",
                       .why = {"it has a colon, which parts the folders of PATH: its programs would never be found"},
                       .hints = {"choose another path"}});
  }
  if (has_control || !core::is_valid_utf8(text)) {
    throw core::Error({.code = "prefix-invalid",
                       .what = named + " cannot be a prefix",
                       .why = {"it is written into files, so it must be UTF-8 without control characters"},
                       .hints = {"choose another path"}});
  }
  struct stat status {};
  if (stat(text.c_str(), &status) != 0) {
    check_leads_somewhere(text);
    return text;
  }
  const bool is_ours =
      S_ISDIR(status.st_mode) && (is_environment(text) || has_journal(text) || is_empty(PrefixFolder(text)));
  if (!is_ours) {
    throw core::Error(
        {.code = "prefix-not-environment",
         .what = named + (S_ISDIR(status.st_mode) ? " is not empty and is no environment" : " is not a folder"),
         .why = {"an environment has a folder conda-meta with a history or package records in it"},
         .hints = {"choose a folder that does not exist yet, or an environment"}});
  }
  if (const std::optional<std::string> message = frozen_message(text); message && !force) {
    core::Diagnostic diagnostic{.code = "prefix-frozen",
                                .what = "the environment " + named + " is frozen: nobody shall change it",
                                .hints = {"install into another prefix, or insist with `--force`"}};
    if (!message->empty()) diagnostic.why = {core::printable(*message)};
    throw core::Error(std::move(diagnostic));
  }
  return text;
}

}  // namespace envlock::prefix
