#include "diff_git.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

extern char** environ;

namespace envlock::tools {
namespace {

constexpr std::size_t kLargest = std::size_t{256} << 20;
constexpr std::size_t kMostWords = std::size_t{64} << 10;

/// Both ends of a pipe, closed at the end of its life.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) fail();
  }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }

 private:
  [[noreturn]] static void fail() {
    throw core::Error({.code = "git-failed",
                       .what = "git cannot be asked",
                       .where = std::nullopt,
                       .why = {std::string("no pipe: ") + std::strerror(errno)},
                       .hints = {}});
  }
  std::array<int, 2> ends_{-1, -1};
};

struct Answer {
  int exit_code = 0;
  bool too_large = false;
  std::string output;
  std::string words;  ///< of its standard error, as far as anybody would read
};

/// Takes what both pipes give until both end. False: more than anybody would want.
bool drain(Pipe& output, Pipe& words, Answer& answer) {
  std::array<char, 65536> buffer;
  std::array<pollfd, 2> waiting{pollfd{output.reader(), POLLIN, 0}, pollfd{words.reader(), POLLIN, 0}};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return true;
    for (std::size_t i = 0; i < 2; ++i) {
      if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
      const ssize_t got = read(waiting[i].fd, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        waiting[i].fd = -1;
        continue;
      }
      std::string& text = i == 0 ? answer.output : answer.words;
      if (i == 0 && text.size() + static_cast<std::size_t>(got) > kLargest) return false;
      if (i == 0 || text.size() < kMostWords) text.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  return true;
}

std::vector<std::string> environment_for_git() {
  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry = *each;
    // Its words are shown and understood in one language.
    if (!entry.starts_with("LC_ALL=") && !entry.starts_with("LANGUAGE=")) environment.emplace_back(entry);
  }
  environment.emplace_back("LC_ALL=C");
  environment.emplace_back("GIT_TERMINAL_PROMPT=0");
  environment.emplace_back("GIT_OPTIONAL_LOCKS=0");
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Absent: the system has no git.
std::optional<Answer> run_git(std::vector<std::string> words) {
  Pipe output;
  Pipe errors;
  words.insert(words.begin(), "git");
  std::vector<std::string> environment = environment_for_git();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.writer(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.writer(), STDERR_FILENO);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, "git", &actions, nullptr, pointers_to(words).data(), pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return std::nullopt;
  output.close(1);
  errors.close(1);

  Answer answer;
  if (!drain(output, errors, answer)) {
    answer.too_large = true;
    kill(child, SIGKILL);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  answer.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return answer;
}

std::vector<std::string> lines_of(const std::string& words) {
  std::vector<std::string> lines;
  for (const std::string_view line : core::split(words, '\n')) {
    std::string_view text = core::trim(line);
    if (text.starts_with("fatal: ")) text.remove_prefix(7);
    if (!text.empty() && lines.size() < 6) lines.push_back("git says: " + core::printable(core::without_secrets(text)));
  }
  return lines;
}

std::vector<std::string> hints_for(const std::string& words, const GitFile& file) {
  const auto says = [&](const char* text) { return words.find(text) != std::string::npos; };
  const std::string path = core::printable(file.path);
  if (says("not a git repository")) return {"name a file that is there, or run it in the repository"};
  if (says("invalid object name") || says("unknown revision") || says("bad revision")) {
    return {"`git log --oneline` lists the revisions",
            "in a shallow clone, such as those of CI, fetch the revision first: `git fetch --depth 1 origin main`"};
  }
  if (says("does not exist") || says("exists on disk") || says("is in the index") || says("exists, but not")) {
    return {"`git log --oneline -- " + path + "` lists the revisions that hold it",
            "the path counts from the current folder"};
  }
  return {};
}

}  // namespace

std::optional<GitFile> as_git_file(const std::string& word) {
  std::error_code ignored;
  if (core::looks_like_url(word) || std::filesystem::exists(word, ignored)) return std::nullopt;
  // "HEAD^{/fix: it}:envlock.lock": a colon in braces is part of the revision.
  std::size_t depth = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '{') ++depth;
    if (word[i] == '}' && depth > 0) --depth;
    if (word[i] != ':' || depth > 0) continue;
    if (i + 1 == word.size()) return std::nullopt;
    return GitFile{word.substr(0, i), word.substr(i + 1)};
  }
  return std::nullopt;
}

std::string read_git_file(const GitFile& file, const std::string& word) {
  namespace fs = std::filesystem;
  const std::string shown = core::printable(word);
  std::error_code ignored;
  std::string path = file.path;
  if (fs::path(path).is_absolute()) path = fs::relative(path, fs::current_path(), ignored).generic_string();
  if (!path.starts_with("./") && !path.starts_with("../")) path = "./" + path;
  if (file.revision.starts_with('-')) {
    throw core::Error(
        {.code = "git-failed",
         .what = "there is no file `" + shown + "`, and `" + core::printable(file.revision) + "` is no revision of git",
         .where = std::nullopt,
         .why = {},
         .hints = {}});
  }
  // The blob itself, as it was committed: no filter and no program of the repository's choice runs.
  const std::optional<Answer> answer = run_git({"cat-file", "blob", file.revision + ":" + path});
  if (!answer) {
    throw core::Error({.code = "git-missing",
                       .what = "there is no file `" + shown + "`, and no git to look for it in the history",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {"install git, or name a file that is there"}});
  }
  if (answer->too_large) {
    throw core::Error({.code = "file-too-large",
                       .what = "`" + shown + "` is larger than anything that is compared",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {}});
  }
  if (answer->exit_code != 0) {
    throw core::Error({.code = "git-failed",
                       .what = "there is no file `" + shown + "`, and git does not know it",
                       .where = std::nullopt,
                       .why = lines_of(answer->words),
                       .hints = hints_for(answer->words, file)});
  }
  return answer->output;
}

}  // namespace envlock::tools
