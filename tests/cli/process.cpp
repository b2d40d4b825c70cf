#include "process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace envlock_test {
namespace {

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

void redirect(const char* file, int flags, int descriptor) {
  const int opened = open(file, flags, 0600);
  if (opened < 0 || dup2(opened, descriptor) < 0) _exit(126);
  close(opened);
}

}  // namespace

Finished run_shell(const std::string& command, const std::filesystem::path& folder, const Environment& environment,
                   const std::filesystem::path& scratch, int timeout_seconds) {
  std::vector<std::string> words{"/bin/sh", "-c", command};
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> arguments = pointers(words);
  std::vector<char*> environment_block = pointers(variables);
  const std::string out = scratch / "stdout";
  const std::string err = scratch / "stderr";
  const std::string where = folder.string();

  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    setsid();  // so that a timeout can end all of it
    std::signal(SIGPIPE, SIG_DFL);
    redirect("/dev/null", O_RDONLY, STDIN_FILENO);
    redirect(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    redirect(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    if (chdir(where.c_str()) != 0) _exit(126);
    execve(arguments[0], arguments.data(), environment_block.data());
    _exit(127);
  }
  Finished finished;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_seconds);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      finished.exit = 124;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (finished.exit == 0) finished.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  finished.out = read_whole(out);
  finished.err = read_whole(err);
  return finished;
}

LoopbackServer::LoopbackServer(const std::filesystem::path& folder, const std::vector<std::string>& options) {
  std::vector<std::string> words{"python3", std::string(ENVLOCK_SOURCE_DIR) + "/fixtures/serve.py", folder.string()};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<char*> arguments = pointers(words);
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("cannot make a pipe");
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("cannot fork");
  if (process_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  for (char letter = 0; read(ends[0], &letter, 1) == 1 && letter != '\n';) url_ += letter;
  close(ends[0]);
  if (url_.rfind("http://127.0.0.1:", 0) != 0) throw std::runtime_error("fixtures/serve.py did not start");
}

LoopbackServer::~LoopbackServer() {
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
}

}  // namespace envlock_test
