// One python process a thread. It reads a batch, forks, and the child compiles and answers: so every batch meets the
// same fresh interpreter, and the interpreter starts only once.

#include "compile_pyc.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "envlock/core/parallel.h"
#include "prefix_folder.h"

namespace envlock::prefix {
namespace {

constexpr int kTimeoutMilliseconds = 120'000;  // without a word
constexpr std::size_t kMaxPycBytes = std::size_t{256} << 20;

// Only modules that are compiled into every python, and unicodedata, without which no "\N{BULLET}" compiles: nothing
// else is imported from a folder, and nothing at all from the working directory. Request: four bytes of length,
// then the paths, each ended by NUL. Answer: for each path one byte, 1 or 0, four bytes of length, and the pyc; at the
// end, always, one byte 2.
constexpr const char* kScript = R"python(
import sys
sys.path[:] = [part for part in sys.path if part]
try:
    import unicodedata
except ImportError:
    pass
sys.path[:] = []
import posix, marshal, _imp
import _frozen_importlib_external as external
token = getattr(external, '_RAW_MAGIC_NUMBER', None)
if token is None:
    token = _imp.pyc_magic_number_token

def read(count):
    data = b''
    while len(data) < count:
        part = posix.read(0, count - len(data))
        if not part:
            posix._exit(0)
        data += part
    return data

def write(data):
    view = memoryview(data)
    while view:
        view = view[posix.write(1, view):]

def load(path):
    file = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        parts = []
        while True:
            part = posix.read(file, 1 << 20)
            if not part:
                return b''.join(parts)
            parts.append(part)
    finally:
        posix.close(file)

def compiled(path):
    source = load(path)
    code = compile(source, path.decode('utf-8', 'surrogateescape'), 'exec', dont_inherit=True, optimize=0)
    return bytes(external._code_to_hash_pyc(code, _imp.source_hash(token, source), True))

while True:
    request = read(int.from_bytes(read(4), 'little'))
    child = posix.fork()
    if not child:
        for path in request.split(b'\0')[:-1]:
            try:
                pyc = compiled(path)
                write(b'\1' + len(pyc).to_bytes(4, 'little') + pyc)
            except BaseException:
                write(b'\0\0\0\0\0')
        posix._exit(0)
    posix.waitpid(child, 0)
    write(b'\2')
)python";

/// A python process, and the socket that is its standard input and output.
class PythonProcess {
 public:
  PythonProcess(const std::string& executable, std::string& problem) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      problem = std::strerror(errno);
      return;
    }
    socket_ = Descriptor(ends[0]);
    const Descriptor theirs(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // A group of its own, so that the forked child is reached too.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> words = {executable, "-B", "-s", "-S", "-W", "ignore", "-c", kScript};
    std::vector<std::string> variables = {"LC_ALL=C", "PYTHONHASHSEED=0", "PATH=/usr/bin:/bin"};
    std::vector<char*> argv = pointers(words), envp = pointers(variables);
    const int error = posix_spawn(&process_, executable.c_str(), &actions, &attributes, argv.data(), envp.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
      process_ = 0;
      problem = std::strerror(error);
    }
  }
  PythonProcess(const PythonProcess&) = delete;
  PythonProcess& operator=(const PythonProcess&) = delete;
  ~PythonProcess() {
    socket_ = Descriptor();
    if (process_ <= 0) return;
    if (broken_) kill(-process_, SIGKILL);
    while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  bool is_usable() const { return process_ > 0 && !broken_; }

  /// Fills `files`; false when the process broke off.
  bool compile(const std::string& prefix, const PycBatch& batch, std::vector<std::optional<std::string>>& files) {
    std::string paths;
    for (const std::string& source : batch.sources) paths += prefix + "/" + source + '\0';
    broken_ = !send_all(length_of(paths.size()) + paths) || !receive(files);
    return !broken_;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    for (std::string& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    return all;
  }

  static std::string length_of(std::size_t size) {
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(size >> shift & 0xff);
    return bytes;
  }

  bool receive(std::vector<std::optional<std::string>>& files) {
    std::size_t next = 0;
    while (true) {
      std::string kind;
      if (!read_exactly(1, kind)) return false;
      // The child may have died amidst: then the rest does not compile.
      if (kind[0] == 2) return true;
      std::string length;
      if (next == files.size() || !read_exactly(4, length)) return false;
      std::size_t size = 0;
      for (std::size_t i = 0; i < 4; ++i) size |= std::size_t{static_cast<unsigned char>(length[i])} << (8 * i);
      std::string bytes;
      if (size > kMaxPycBytes || !read_exactly(size, bytes)) return false;
      if (kind[0] == 1) files[next] = std::move(bytes);
      ++next;
    }
  }

  bool read_exactly(std::size_t count, std::string& bytes) {
    bytes.resize(count);
    for (std::size_t have = 0; have < count;) {
      pollfd ready{socket_.get(), POLLIN, 0};
      const int polled = poll(&ready, 1, kTimeoutMilliseconds);
      if (polled < 0 && errno == EINTR) continue;
      if (polled <= 0) return false;
      const ssize_t got = recv(socket_.get(), bytes.data() + have, count - have, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      have += static_cast<std::size_t>(got);
    }
    return true;
  }

  bool send_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  pid_t process_ = 0;
  Descriptor socket_;
  bool broken_ = false;
};

}  // namespace

PycOutput compile_pyc(const PycInput& input) {
  PycOutput output;
  for (const PycBatch& batch : input.batches) output.files.emplace_back(batch.sources.size());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  const std::string executable = input.prefix + "/" + input.executable;
  const std::size_t threads = input.threads == 0 ? std::max(1u, std::thread::hardware_concurrency()) : input.threads;
  const std::size_t processes = std::min(threads, input.batches.size());
  core::parallel_for(processes, processes, [&](std::size_t) {
    std::string problem;
    PythonProcess python(executable, problem);
    while (python.is_usable()) {
      const std::size_t batch = next++;
      if (batch >= input.batches.size() || (input.is_stopped && input.is_stopped())) return;
      if (!python.compile(input.prefix, input.batches[batch], output.files[batch])) {
        problem = "it ended, or gave no answer, while it compiled";
      }
    }
    const std::lock_guard<std::mutex> lock(mutex);
    if (output.problem.empty()) output.problem = problem;
  });
  return output;
}

}  // namespace envlock::prefix
