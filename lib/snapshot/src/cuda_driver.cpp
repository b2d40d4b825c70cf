#include "cuda_driver.h"

#include "envlock/core/text.h"

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
#include <cstdlib>
#include <cstring>
#include <thread>

namespace envlock::snapshot {
namespace {

// --- In the child. It tells each fact as a line as soon as it knows it, so that a later crash does not lose it. ---

void tell(int out, const char* what, int value) {
  const std::string line = std::string(what) + " " + std::to_string(value) + "\n";
  // A short line into a pipe is written whole or not at all.
  if (write(out, line.data(), line.size()) < 0) _exit(3);
}

template <typename Function>
Function symbol(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

// Returns true when the driver told its version.
bool ask_cuda(int out, const std::string& name) {
  void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  const auto get_version = symbol<int (*)(int*)>(library, "cuDriverGetVersion");
  int version = 0;
  if (get_version == nullptr) return false;
  if (const int failure = get_version(&version); failure != 0 || version <= 0) {
    tell(out, "cuda-failure", failure);
    return false;
  }
  tell(out, "version", version);

  const auto init = symbol<int (*)(unsigned)>(library, "cuInit");
  const auto get_count = symbol<int (*)(int*)>(library, "cuDeviceGetCount");
  const auto get_device = symbol<int (*)(int*, int)>(library, "cuDeviceGet");
  const auto get_attribute = symbol<int (*)(int*, int, int)>(library, "cuDeviceGetAttribute");
  if (init == nullptr || get_count == nullptr || get_device == nullptr || get_attribute == nullptr) return true;
  constexpr int kNoDevice = 100;
  if (const int failure = init(0); failure != 0) {
    if (failure != kNoDevice) tell(out, "init-failure", failure);
    return true;
  }
  constexpr int kMajor = 75;
  constexpr int kMinor = 76;
  int count = 0;
  if (get_count(&count) != 0) return true;
  for (int i = 0; i < std::min(count, 1024); ++i) {
    int device = 0;
    int major = 0;
    int minor = 0;
    if (get_device(&device, i) == 0 && get_attribute(&major, kMajor, device) == 0 &&
        get_attribute(&minor, kMinor, device) == 0) {
      tell(out, "capability", major * 10 + minor);
    }
  }
  return true;
}

void ask_nvml(int out, const std::string& name) {
  void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return;
  const auto init = symbol<int (*)()>(library, "nvmlInit_v2");
  const auto get_version = symbol<int (*)(int*)>(library, "nvmlSystemGetCudaDriverVersion_v2");
  if (init == nullptr || get_version == nullptr) return;
  if (const int failure = init(); failure != 0) return tell(out, "nvml-failure", failure);
  int version = 0;
  if (const int failure = get_version(&version); failure != 0 || version <= 0) {
    return tell(out, "nvml-failure", failure);
  }
  tell(out, "version", version);
  const auto get_count = symbol<int (*)(unsigned*)>(library, "nvmlDeviceGetCount_v2");
  const auto get_device = symbol<int (*)(unsigned, void**)>(library, "nvmlDeviceGetHandleByIndex_v2");
  const auto get_capability = symbol<int (*)(void*, int*, int*)>(library, "nvmlDeviceGetCudaComputeCapability");
  unsigned count = 0;
  if (get_count == nullptr || get_device == nullptr || get_capability == nullptr || get_count(&count) != 0) return;
  for (unsigned i = 0; i < std::min(count, 1024u); ++i) {
    void* device = nullptr;
    int major = 0;
    int minor = 0;
    if (get_device(i, &device) == 0 && get_capability(device, &major, &minor) == 0) {
      tell(out, "capability", major * 10 + minor);
    }
  }
}

[[noreturn]] void run_child(int out, const std::string& cuda_library, const std::string& nvml_library) {
  // What a driver prints is not ours to show, and its crash is told by us: no core file, no handlers of the parent.
  if (const int silence = open("/dev/null", O_RDWR); silence >= 0) {
    dup2(silence, STDIN_FILENO);
    dup2(silence, STDOUT_FILENO);
    dup2(silence, STDERR_FILENO);
  }
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGINT}) signal(number, SIG_DFL);
  if (!ask_cuda(out, cuda_library)) ask_nvml(out, nvml_library);
  _exit(0);
}

// --- In the parent. ---

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
  for (;;) {
    int status = 0;
    const pid_t done = waitpid(child, &status, WNOHANG);
    if (done == child) return status;
    if (done < 0 && errno != EINTR) return std::nullopt;
    if (Clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void take_line(std::string_view line, CudaDriver& driver) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view what = line.substr(0, space);
  const int value = std::atoi(std::string(line.substr(space + 1)).c_str());
  if (what == "version") driver.version = value;
  if (what == "capability") driver.lowest_capability = std::min(value, driver.lowest_capability.value_or(value));
  if (what == "cuda-failure") driver.failure = "cuDriverGetVersion answered with error " + std::to_string(value);
  if (what == "init-failure") driver.failure = "cuInit answered with error " + std::to_string(value);
  if (what == "nvml-failure" && !driver.failure) driver.failure = "NVML answered with error " + std::to_string(value);
}

}  // namespace

CudaDriver ask_cuda_driver(const std::string& cuda_library, const std::string& nvml_library, int milliseconds) {
  CudaDriver driver;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    driver.failure = std::string("no pipe to ask the driver through: ") + std::strerror(errno);
    return driver;
  }
  const pid_t child = fork();
  if (child < 0) {
    driver.failure = std::string("no process to ask the driver in: ") + std::strerror(errno);
    close(ends[0]);
    close(ends[1]);
    return driver;
  }
  if (child == 0) {
    close(ends[0]);
    run_child(ends[1], cuda_library, nvml_library);
  }
  close(ends[1]);
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(milliseconds);
  std::string text;
  const bool in_time = read_until(ends[0], end, text);
  close(ends[0]);
  if (!in_time) kill(child, SIGKILL);
  const std::optional<int> status = reap(child, Clock::now() + std::chrono::seconds(2));

  for (const std::string_view line : core::split(text, '\n')) take_line(line, driver);
  if (!in_time) {
    driver.failure = "the driver did not answer within " + std::to_string(milliseconds) + " ms";
  } else if (status && WIFSIGNALED(*status)) {
    driver.failure = "the driver crashed with signal " + std::to_string(WTERMSIG(*status));
  }
  return driver;
}

}  // namespace envlock::snapshot
