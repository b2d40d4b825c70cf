#include "link_scripts.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

extern char** environ;

namespace envlock::prefix {
namespace {

std::vector<std::string> variables(const std::string& prefix, const conda::PackageRecord& record) {
  std::vector<std::string> all = {"PREFIX=" + prefix, "PKG_NAME=" + record.name, "PKG_VERSION=" + record.version,
                                  "PKG_BUILDNUM=" + std::to_string(record.build_number)};
  const char* path = std::getenv("PATH");
  all.push_back("PATH=" + prefix + "/bin:" + (path == nullptr ? "/usr/bin:/bin" : path));
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    if (name == "PREFIX" || name == "PKG_NAME" || name == "PKG_VERSION" || name == "PKG_BUILDNUM" || name == "PATH") {
      continue;
    }
    all.emplace_back(text);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

void run_link_script(const std::string& prefix, const std::string& script, const conda::PackageRecord& record) {
  const std::string shell = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
  std::vector<std::string> words = {shell, prefix + "/" + script}, environment = variables(prefix, record);
  std::vector<char*> argv = pointers(words), envp = pointers(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);
  pid_t process = 0;
  const int error = posix_spawn(&process, shell.c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  std::string why;
  if (error != 0) {
    why = std::strerror(error);
  } else {
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    why = WIFEXITED(status) ? "it ended with exit code " + std::to_string(WEXITSTATUS(status))
                            : "it was ended by signal " + std::to_string(WTERMSIG(status));
  }
  throw core::Error({.code = "link-script-failed",
                     .what = "the script `" + core::printable(script) + "` of `" + core::printable(record.name) +
                             "` did not end well",
                     .why = {why},
                     .hints = {"install without `--allow-scripts`: scripts are listed then, and not run"}});
}

}  // namespace envlock::prefix
