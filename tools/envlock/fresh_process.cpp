#include "fresh_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "envlock/core/diagnostic.h"

extern char** environ;

namespace envlock::tools {
namespace {

[[noreturn]] void cannot_start(const std::string& what, int error) {
  throw core::Error({.code = "child-failed",
                     .what = "envlock cannot run itself in a fresh process",
                     .where = std::nullopt,
                     .why = {what + ": " + std::strerror(error)},
                     .hints = {"`--repeat 0` does without; the verdict then rests on one process"}});
}

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_;
};

/// The same pipe under a number above those that the child is given: where standard streams are closed, a pipe may have
/// got theirs.
int out_of_the_way(int descriptor) {
  constexpr int kAboveAll = 10;
  const int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, kAboveAll);
  if (moved < 0) return descriptor;
  ::close(descriptor);
  return moved;
}

/// Reads to the end, or to the deadline: then false.
bool read_all(int descriptor, std::chrono::steady_clock::time_point deadline, std::string& text) {
  std::array<char, 65536> buffer;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::min<long long>(left.count(), 1000)));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got == 0) return true;
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Finished run_self(const FreshProcess& process) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) cannot_start("no pipe", errno);
  Descriptor reader(out_of_the_way(ends[0]));
  Descriptor writer(out_of_the_way(ends[1]));

  std::vector<std::string> words = {"envlock"};
  words.insert(words.end(), process.arguments.begin(), process.arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::vector<std::string> variables;
  std::vector<char*> variable_pointers;
  if (process.environment != nullptr) {
    variables = *process.environment;
    for (std::string& variable : variables) variable_pointers.push_back(variable.data());
    variable_pointers.push_back(nullptr);
  }

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (process.answer_descriptor != STDOUT_FILENO) {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  }
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), process.answer_descriptor);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, pointers.data(),
                                variable_pointers.empty() ? environ : variable_pointers.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) cannot_start("the system refuses to start it", error);
  writer.close();

  Finished finished;
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<long>(process.timeout_seconds * 1000));
  if (!read_all(reader.get(), deadline, finished.output)) {
    finished.timed_out = true;
    kill(child, SIGKILL);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  return finished;
}

}  // namespace envlock::tools
