#include "activation.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "envlock/core/text.h"

extern char** environ;

namespace envlock::tools {
namespace {

std::vector<std::string> activation_scripts(const std::filesystem::path& prefix) {
  std::vector<std::string> scripts;
  std::error_code error;
  for (std::filesystem::directory_iterator entries(prefix / "etc/conda/activate.d", error), end;
       !error && entries != end; entries.increment(error)) {
    if (entries->path().extension() == ".sh") scripts.push_back(entries->path().string());
  }
  std::sort(scripts.begin(), scripts.end());
  return scripts;
}

/// PATH without the folders of the environment that was active before, and with those of the new one in front.
std::string new_path(const std::filesystem::path& prefix, const std::map<std::string, std::string>& from) {
  const auto old_prefix = from.find("CONDA_PREFIX");
  std::string path = (prefix / "bin").string();
  const auto old_path = from.find("PATH");
  if (old_path == from.end()) return path + ":/usr/local/bin:/usr/bin:/bin";
  for (const std::string_view folder : core::split(old_path->second, ':')) {
    const bool of_old = old_prefix != from.end() && folder == old_prefix->second + "/bin";
    if (!of_old && folder != (prefix / "bin").string()) path += ":" + std::string(folder);
  }
  return path;
}

/// An environment in a folder of environments goes by its name, any other by its path: as conda has it.
std::string name_of(const std::filesystem::path& prefix) {
  return prefix.parent_path().filename() == "envs" ? prefix.filename().string() : prefix.string();
}

/// A shell that can source what packages ship; they are written for bash.
std::string shell() {
  for (const char* candidate : {"/bin/bash", "/usr/bin/bash"}) {
    if (access(candidate, X_OK) == 0) return candidate;
  }
  return "/bin/sh";
}

}  // namespace

Activated activate(const std::filesystem::path& prefix, const std::map<std::string, std::string>& variables,
                   const std::vector<std::string>& command, const std::map<std::string, std::string>& from) {
  std::map<std::string, std::string> environment = from;
  environment["PATH"] = new_path(prefix, from);
  environment["CONDA_PREFIX"] = prefix.string();
  environment["CONDA_DEFAULT_ENV"] = name_of(prefix);
  environment["CONDA_SHLVL"] = "1";
  for (const auto& [name, value] : variables) environment[name] = value;

  Activated activated;
  activated.scripts = activation_scripts(prefix);
  if (activated.scripts.empty()) {
    activated.words = command;
  } else {
    // $1 is how many scripts follow; then comes the command. Nothing is pasted into the shell's text.
    activated.words = {shell(), "-c",
                       "n=$1; shift; while [ \"$n\" -gt 0 ]; do s=$1; shift; n=$((n-1)); "
                       "set -- \"$n\" \"$@\"; . \"$s\"; n=$1; shift; done; exec \"$@\"",
                       "envlock-run", std::to_string(activated.scripts.size())};
    activated.words.insert(activated.words.end(), activated.scripts.begin(), activated.scripts.end());
    activated.words.insert(activated.words.end(), command.begin(), command.end());
  }
  for (const auto& [name, value] : environment) activated.environment.push_back(name + "=" + value);
  return activated;
}

std::map<std::string, std::string> process_variables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const std::size_t equals = variable.find('=');
    if (equals != std::string_view::npos && equals > 0) {
      variables.emplace(variable.substr(0, equals), variable.substr(equals + 1));
    }
  }
  return variables;
}

}  // namespace envlock::tools
