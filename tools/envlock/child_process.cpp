#include "child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

extern char** environ;

namespace envlock::tools {
namespace {

constexpr std::size_t kMostOutput = std::size_t{64} << 20;
constexpr std::size_t kMostErrors = 4096;

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class Pipe {
 public:
  bool open() { return pipe2(ends_, O_CLOEXEC) == 0; }
  /// With both ends above those that a child may be given under another number.
  bool open_high() {
    if (!open()) return false;
    for (int& end : ends_) {
      const int high = fcntl(end, F_DUPFD_CLOEXEC, 16);
      if (high < 0) return false;
      close(end);
      end = high;
    }
    return true;
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_end(int end) {
    if (ends_[end] >= 0) close(ends_[end]);
    ends_[end] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

/// Takes what there is. False at the end of the stream.
bool take(int descriptor, std::string& text, std::size_t most) {
  std::array<char, 65536> buffer;
  const ssize_t got = read(descriptor, buffer.data(), buffer.size());
  if (got > 0 && text.size() < most) text.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

/// Reads both to their ends. False when the time is over first.
bool read_both(Pipe& output, Pipe& errors, Ran& ran, std::chrono::steady_clock::time_point deadline) {
  std::array<pollfd, 2> waiting{{{output.reader(), POLLIN, 0}, {errors.reader(), POLLIN, 0}}};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (poll(waiting.data(), waiting.size(), 200) <= 0) continue;
    if (waiting[0].revents != 0 && !take(waiting[0].fd, ran.output, kMostOutput)) waiting[0].fd = -1;
    if (waiting[1].revents != 0 && !take(waiting[1].fd, ran.errors, kMostErrors)) waiting[1].fd = -1;
  }
  return true;
}

// ---- the command in the foreground

volatile sig_atomic_t foreground_child = 0;

/// What somebody sent to us alone is meant for the command; what the terminal sends has reached it already.
extern "C" void pass_on(int signal, siginfo_t* info, void*) {
  if (info->si_code <= 0 && foreground_child > 0) kill(static_cast<pid_t>(foreground_child), signal);
}

constexpr std::array<int, 7> kPassedOn{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

sigset_t passed_on() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kPassedOn) sigaddset(&set, signal);
  return set;
}

std::string look_up(const std::string& command, const std::vector<std::string>& environment) {
  if (command.find('/') != std::string::npos) return command;
  for (const std::string& variable : environment) {
    if (!variable.starts_with("PATH=")) continue;
    for (const std::string_view folder : core::split(std::string_view(variable).substr(5), ':')) {
      const std::string file = (folder.empty() ? "." : std::string(folder)) + "/" + command;
      struct stat status {};
      if (stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(file.c_str(), X_OK) == 0) return file;
    }
  }
  throw core::Error({.code = "command-not-found",
                     .what = "there is no command `" + core::printable(command) + "`",
                     .where = std::nullopt,
                     .why = {"neither the environment nor the rest of PATH has it"},
                     .hints = {}});
}

/// All that the child needs, made before the fork: after it no memory may be asked for.
struct Start {
  const char* program;
  char* const* words;
  char* const* environment;
  const sigset_t* signals;
  pid_t parent;
  int tell_on, tells, failure;  ///< `failure`: where errno goes when the program cannot be started
};

[[noreturn]] void become(const Start& start) {
  // Killed ourselves, we cannot pass anything on any more. We may have died before the child asked for the signal.
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != start.parent) _exit(128 + SIGTERM);
  // We ignore SIGPIPE; the command shall not.
  (void)signal(SIGPIPE, SIG_DFL);
  int error = 0;
  if (start.tell_on != STDERR_FILENO && dup2(start.tells, start.tell_on) < 0) error = errno;
  (void)sigprocmask(SIG_SETMASK, start.signals, nullptr);
  if (error == 0) {
    (void)execve(start.program, start.words, start.environment);
    error = errno;
  }
  (void)!write(start.failure, &error, sizeof error);
  _exit(127);
}

/// 0 when the program started, else what errno said.
int read_failure(int descriptor) {
  int error = 0;
  ssize_t got = 0;
  while ((got = read(descriptor, &error, sizeof error)) < 0 && errno == EINTR) {
  }
  return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

/// What there is to read now: what the command left running may hold the other end for ever.
std::string read_now(int descriptor) {
  std::string text;
  (void)fcntl(descriptor, F_SETFL, O_NONBLOCK);
  while (text.size() < kMostOutput && take(descriptor, text, kMostOutput)) {
  }
  return text;
}

int wait_for(pid_t child) {
  int status = 0;
  while (true) {
    const pid_t ended = waitpid(child, &status, WUNTRACED);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) return 0;
    if (!WIFSTOPPED(status)) return status;
    // Ctrl-Z: stop with the command, so that the shell gets its prompt back, and go on with it.
    raise(SIGSTOP);
    kill(child, SIGCONT);
  }
}

}  // namespace

std::optional<Ran> run_program(const std::vector<std::string>& words, const std::string& folder,
                               double timeout_seconds) {
  Pipe output;
  Pipe errors;
  if (!output.open() || !errors.open()) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.writer(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.writer(), STDERR_FILENO);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<std::string> own = words;
  pid_t child = 0;
  const int failed = posix_spawnp(&child, own.front().c_str(), &actions, nullptr, pointers_to(own).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return std::nullopt;
  output.close_end(1);
  errors.close_end(1);
  Ran ran;
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<long>(timeout_seconds * 1000));
  const bool in_time = read_both(output, errors, ran, deadline);
  if (!in_time) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return std::nullopt;
  ran.exit_code = code_of(status);
  return ran;
}

std::string last_lines(const std::string& text, std::size_t most) {
  std::vector<std::string_view> lines;
  for (const std::string_view line : core::split(text, '\n')) {
    if (const std::string_view words = core::trim(line); !words.empty()) lines.push_back(words);
  }
  std::string end;
  for (std::size_t i = lines.size() > most ? lines.size() - most : 0; i < lines.size(); ++i) {
    end += (end.empty() ? "" : " / ") + std::string(lines[i]);
  }
  return core::printable(core::without_secrets(end), 600);
}

int free_descriptor() {
  for (int descriptor = 3; descriptor < 10; ++descriptor) {
    const int flags = fcntl(descriptor, F_GETFD);
    if (flags < 0 || (flags & FD_CLOEXEC) != 0) return descriptor;
  }
  return STDERR_FILENO;
}

RanInForeground run_in_foreground(const std::vector<std::string>& words, const std::vector<std::string>& environment,
                                  int tell_on) {
  const std::string program = look_up(words.front(), environment);
  Pipe told;
  Pipe failure;
  std::vector<std::string> own = words;
  std::vector<std::string> variables = environment;
  const std::vector<char*> argv = pointers_to(own);
  const std::vector<char*> envp = pointers_to(variables);
  const sigset_t signals = passed_on();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);
  int failed = told.open_high() && failure.open_high() ? 0 : errno;
  pid_t child = -1;
  if (failed == 0) {
    const Start start{.program = program.c_str(),
                      .words = argv.data(),
                      .environment = envp.data(),
                      .signals = &before,
                      .parent = getpid(),
                      .tell_on = tell_on,
                      .tells = told.writer(),
                      .failure = failure.writer()};
    child = fork();
    if (child == 0) become(start);
    if (child < 0) failed = errno;
  }
  told.close_end(1);
  failure.close_end(1);
  if (failed == 0) failed = read_failure(failure.reader());
  if (failed != 0) {
    if (child > 0) (void)wait_for(child);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    throw core::Error({.code = "child-failed",
                       .what = "cannot start `" + core::printable(program) + "`",
                       .where = std::nullopt,
                       .why = {std::strerror(failed)},
                       .hints = {}});
  }
  foreground_child = child;
  struct sigaction action {};
  action.sa_sigaction = pass_on;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&action.sa_mask);
  for (const int signal : kPassedOn) {
    struct sigaction old {};
    sigaction(signal, nullptr, &old);
    if (old.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  const int status = wait_for(child);
  foreground_child = 0;
  return {.exit_code = code_of(status), .told = read_now(told.reader())};
}

}  // namespace envlock::tools
