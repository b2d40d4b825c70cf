#include "git_source.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <vector>

#include "child_process.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/prefix/git_tree.h"

namespace envlock::tools {
namespace {

constexpr double kTimeoutSeconds = 300;

bool is_commit(std::string_view text) {
  return text.size() == 40 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// As git shows commits: at least seven digits of them.
bool begins_commit(std::string_view text) {
  return text.size() >= 7 && text.size() <= 40 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

[[noreturn]] void refuse(const std::string& repository, const std::string& what, const std::string& told,
                         const std::string& hint = "see whether `git ls-remote` reaches it from here") {
  core::Diagnostic diagnostic{.code = "git-failed",
                              .what = "`" + core::printable(core::without_secrets(repository)) + "`: " + what,
                              .hints = {hint}};
  if (!core::trim(told).empty()) diagnostic.why.push_back("git says: " + last_lines(told, 4));
  throw core::Error(std::move(diagnostic));
}

/// A lock holds no user names. Over ssh, hosts of repositories have one for everybody.
std::string with_ssh_user(const std::string& repository) {
  std::optional<core::Url> url = core::parse_url(repository);
  if (!url || url->scheme != "ssh" || !url->user.empty()) return repository;
  url->user = "git";
  return core::format(*url);
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
    const std::string name = "`" + core::printable(wanted) + "`";
    if (begins_commit(wanted)) {
      refuse(repository, "it has no branch or tag " + name + ", and of a commit that is only the beginning", "",
             "write all 40 digits of the commit: `git rev-parse` tells them in a clone");
    }
    refuse(repository, "it has no branch or tag " + name, "", "`git ls-remote` lists its branches and tags");
  }
  return found;
}

namespace {

/// What a checkout was made of, beside it in `.git`: neither is believed before it hashes to the commit.
constexpr const char* kCommitFile = "envlock-commit";
constexpr const char* kSubmodulesFile = "envlock-submodules";

std::string read_beside(const std::filesystem::path& folder, const char* name) {
  try {
    return core::read_file(folder / ".git" / name, std::uint64_t{16} << 20);
  } catch (const core::Error&) {
    return "";
  }
}

/// Those lines of `git ls-tree -r -z` that are of submodules: "160000 commit ID<tab>PATH".
std::string submodule_lines(std::string_view listing) {
  std::string lines;
  for (const std::string_view line : core::split(listing, '\0')) {
    if (line.starts_with("160000 ")) lines += std::string(line) + '\0';
  }
  return lines;
}

std::map<std::string, std::string> submodules_of(std::string_view lines) {
  std::map<std::string, std::string> submodules;
  for (const std::string_view line : core::split(lines, '\0')) {
    const std::size_t tab = line.find('\t');
    if (!line.starts_with("160000 commit ") || tab == std::string_view::npos || tab < 54) continue;
    if (is_commit(line.substr(14, 40))) submodules.emplace(line.substr(tab + 1), line.substr(14, 40));
  }
  return submodules;
}

/// Files as git keeps them, whatever attributes and line ends the repository or the machine asks for.
void keep_bytes(const std::filesystem::path& folder) {
  core::write_file_atomically(folder / ".git" / "info" / "attributes",
                              "* -text -ident -filter -working-tree-encoding\n");
}

/// From the commit's name down to every file: nothing that lies there is believed by its own word.
bool is_checkout_of(const std::filesystem::path& folder, const std::string& commit) {
  const std::string content = read_beside(folder, kCommitFile);
  if (content.empty() || prefix::git_commit_id(content) != commit || !content.starts_with("tree ")) return false;
  try {
    const std::string tree = prefix::git_tree_id(folder, submodules_of(read_beside(folder, kSubmodulesFile)));
    return content.substr(5, 41) == tree + "\n";
  } catch (const core::Error&) {
    return false;
  }
}

std::filesystem::path checkout_folder(const std::string& repository, const std::string& commit,
                                      const std::filesystem::path& cache) {
  const std::string key = core::format(core::sha256(core::strip_credentials(repository))).substr(0, 16);
  return cache / "git-2" / (key + "-" + commit);
}

}  // namespace

std::optional<std::filesystem::path> find_checkout(const std::string& repository, const std::string& commit,
                                                   const std::filesystem::path& cache) {
  const std::filesystem::path folder = checkout_folder(repository, commit, cache);
  return is_checkout_of(folder, commit) ? std::optional(folder) : std::nullopt;
}

std::filesystem::path check_out(const std::string& repository, const std::string& commit,
                                const std::filesystem::path& cache) {
  if (const auto known = find_checkout(repository, commit, cache)) return *known;
  const std::filesystem::path folder = checkout_folder(repository, commit, cache);
  const std::filesystem::path work = folder.string() + ".work-" + std::to_string(getpid());
  std::error_code error;
  std::filesystem::remove_all(work, error);
  std::filesystem::create_directories(work / ".git" / "info", error);
  if (error) refuse(repository, "no folder for it can be made in the cache: " + error.message(), "");
  const auto run = [&](const std::vector<std::string>& words) {
    Ran ran = git(repository, words, work.string());
    if (ran.exit_code == 0) return ran.output;
    std::filesystem::remove_all(work, error);
    refuse(repository, "commit " + commit + " cannot be fetched", ran.errors);
  };
  run({"init", "--quiet", "--template="});
  keep_bytes(work);
  run({"fetch", "--quiet", "--depth=1", "--no-tags", "--", with_ssh_user(repository), commit});
  run({"-c", "core.symlinks=true", "-c", "core.autocrlf=false", "checkout", "--quiet", "--detach", commit});
  core::write_file_atomically(work / ".git" / kSubmodulesFile, submodule_lines(run({"ls-tree", "-r", "-z", commit})));
  core::write_file_atomically(work / ".git" / kCommitFile, run({"cat-file", "commit", commit}));
  const bool whole = is_checkout_of(work, commit);
  std::filesystem::remove_all(folder, error);
  if (whole) std::filesystem::rename(work, folder, error);
  std::filesystem::remove_all(work, error);
  // Another envlock may have been faster.
  if (!is_checkout_of(folder, commit)) refuse(repository, "what came is not commit " + commit, "");
  return folder;
}

}  // namespace envlock::tools
