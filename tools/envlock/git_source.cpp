#include "git_source.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "child_process.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::tools {
namespace {

constexpr double kTimeoutSeconds = 300;

bool is_commit(std::string_view text) {
  return text.size() == 40 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

[[noreturn]] void refuse(const std::string& repository, const std::string& what, const std::string& told) {
  core::Diagnostic diagnostic{.code = "git-failed",
                              .what = "`" + core::printable(core::without_secrets(repository)) + "`: " + what,
                              .hints = {"see whether `git ls-remote` reaches it from here"}};
  if (!core::trim(told).empty()) diagnostic.why.push_back("git says: " + last_lines(told, 4));
  throw core::Error(std::move(diagnostic));
}

/// Asks nobody for a password, reads no hook and no file of the user's that could run something.
Ran git(const std::string& repository, std::vector<std::string> words, const std::string& folder) {
  std::vector<std::string> command{
      "env", "GIT_TERMINAL_PROMPT=0",   "GIT_LFS_SKIP_SMUDGE=1", "git", "-c", "core.hooksPath=/dev/null",
      "-c",  "protocol.ext.allow=never"};
  command.insert(command.end(), words.begin(), words.end());
  const auto ran = run_program(command, folder, kTimeoutSeconds);
  if (!ran || ran->exit_code == 127) {
    throw core::Error({.code = "git-missing",
                       .what = "`git` is needed to lock `" + core::printable(core::without_secrets(repository)) + "`",
                       .why = {"it is not installed, or did not end within five minutes"},
                       .hints = {"install git, or name a released version instead"}});
  }
  return *ran;
}

}  // namespace

std::string find_commit(const std::string& repository, const std::string& revision) {
  if (is_commit(revision)) return revision;
  // "--" and the check of the first character keep an address or a revision from being read as an option.
  if (repository.starts_with('-') || revision.starts_with('-')) refuse(repository, "this is no address", "");
  const std::string wanted = revision.empty() ? "HEAD" : revision;
  const Ran ran = git(repository, {"ls-remote", "--", repository, wanted, wanted + "^{}"}, "/");
  if (ran.exit_code != 0) refuse(repository, "the repository cannot be read", ran.errors);
  // Lines are "COMMIT<tab>REF"; a tag's own object is followed by the commit that it stands for, as "REF^{}".
  std::string found;
  int rank = 0;
  for (const std::string_view line : core::split(ran.output, '\n')) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || !is_commit(line.substr(0, tab))) continue;
    const std::string_view ref = line.substr(tab + 1);
    const int quality = ref == wanted                          ? 5
                        : ref == "refs/tags/" + wanted + "^{}" ? 4
                        : ref == "refs/tags/" + wanted         ? 3
                        : ref == "refs/heads/" + wanted        ? 2
                                                               : 0;
    if (quality > rank) {
      rank = quality;
      found = line.substr(0, tab);
    }
  }
  if (found.empty()) {
    refuse(repository, "it has no branch or tag `" + core::printable(wanted) + "`", "");
  }
  return found;
}

std::filesystem::path check_out(const std::string& repository, const std::string& commit,
                                const std::filesystem::path& cache) {
  const std::filesystem::path folder =
      cache / "git-1" / (core::format(core::sha256(core::strip_credentials(repository))).substr(0, 16) + "-" + commit);
  const std::filesystem::path done = folder / ".git" / "envlock-complete";
  std::error_code error;
  if (std::filesystem::exists(done, error)) return folder;
  std::filesystem::remove_all(folder, error);
  std::filesystem::create_directories(folder, error);
  if (error) refuse(repository, "no folder for it can be made in the cache: " + error.message(), "");
  const std::string place = folder.string();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"init", "--quiet"},
                                             {"fetch", "--quiet", "--depth=1", "--no-tags", "--", repository, commit},
                                             {"checkout", "--quiet", "--detach", commit}}) {
    const Ran ran = git(repository, words, place);
    if (ran.exit_code != 0) refuse(repository, "commit " + commit + " cannot be fetched", ran.errors);
  }
  const Ran head = git(repository, {"rev-parse", "HEAD"}, place);
  if (core::trim(head.output) != commit) refuse(repository, "another commit than " + commit + " came", "");
  std::filesystem::create_directory(done, error);
  return folder;
}

}  // namespace envlock::tools
