#include "driver_child.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace envlock::snapshot {
namespace {

[[noreturn]] void run_child(int out, const std::function<void(int)>& ask) {
  // What a driver prints is not ours to show, and its crash is told by us: no core file, no handlers of the parent.
  if (const int silence = open("/dev/null", O_RDWR); silence >= 0) {
    dup2(silence, STDIN_FILENO);
    dup2(silence, STDOUT_FILENO);
    dup2(silence, STDERR_FILENO);
  }
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGINT}) signal(number, SIG_DFL);
  ask(out);
  _exit(0);
}

using Clock = std::chrono::steady_clock;

int milliseconds_until(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 1 << 30));
}

// All that the child wrote; false when the time ran out.
bool read_until(int in, Clock::time_point end, std::string& text) {
  std::array<char, 4096> block{};
  while (text.size() < 65536) {
    pollfd waiting{in, POLLIN, 0};
    const int ready = poll(&waiting, 1, milliseconds_until(end));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t count = read(in, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  return true;
}

// A process stuck in the kernel cannot be killed: it is left behind rather than waited for.
std::optional<int> reap(pid_t child, Clock::time_point end) {
  for (std::chrono::microseconds pause(50);; pause = std::min(2 * pause, std::chrono::microseconds(2000))) {
    int status = 0;
    const pid_t done = waitpid(child, &status, WNOHANG);
    if (done == child) return status;
    if (done < 0 && errno != EINTR) return std::nullopt;
    if (Clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

ChildAnswer ask_in_child(const std::function<void(int)>& ask, int milliseconds) {
  ChildAnswer answer;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    answer.failure = std::string("no pipe to ask the driver through: ") + std::strerror(errno);
    return answer;
  }
  const pid_t child = fork();
  if (child < 0) {
    answer.failure = std::string("no process to ask the driver in: ") + std::strerror(errno);
    close(ends[0]);
    close(ends[1]);
    return answer;
  }
  if (child == 0) {
    close(ends[0]);
    run_child(ends[1], ask);
  }
  close(ends[1]);
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(milliseconds);
  const bool in_time = read_until(ends[0], end, answer.text);
  close(ends[0]);
  if (!in_time) kill(child, SIGKILL);
  const std::optional<int> status = reap(child, Clock::now() + std::chrono::seconds(2));
  if (!in_time) {
    answer.failure = "the driver did not answer within " + std::to_string(milliseconds) + " ms";
  } else if (status && WIFSIGNALED(*status)) {
    answer.failure = "the driver crashed with signal " + std::to_string(WTERMSIG(*status));
  }
  return answer;
}

void tell(int out, const std::string& what, const std::string& value) {
  const std::string line = what + " " + value + "\n";
  // A short line into a pipe is written whole or not at all.
  if (write(out, line.data(), line.size()) < 0) _exit(3);
}

void tell(int out, const std::string& what, int value) {
  tell(out, what, std::to_string(value));
}

void* open_library(const std::string& name) {
  return dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
}

void* find_symbol(void* library, const char* name) {
  return dlsym(library, name);
}

}  // namespace envlock::snapshot
