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

struct Shell {
  const char* program;
  /// $1: where to tell, $2: how many scripts follow; then comes the command. Nothing is pasted into the text. Scripts
  /// are sourced without positional parameters: the command's words are none of their business.
  const char* text;
};

/// bash where there is one, for which packages write their scripts. Only there they are sourced outside of a function,
/// in which `declare -x` would mean something else.
Shell shell() {
  static constexpr const char* kBash =
      "envlock_tell=$1 envlock_count=$2; shift 2; "
      "envlock_say() { [ \"$envlock_tell\" = 2 ] || printf '%s\\n' \"$1\" >&\"$envlock_tell\"; }; "
      "envlock_scripts=(\"${@:1:envlock_count}\"); envlock_command=(\"${@:envlock_count+1}\"); set --; "
      "for envlock_script in \"${envlock_scripts[@]}\"; do envlock_say \"$envlock_script\"; . \"$envlock_script\"; "
      "done; "
      "envlock_say command; [ \"$envlock_tell\" = 2 ] || eval \"exec $envlock_tell>&-\"; "
      "exec -- \"${envlock_command[@]}\"";
  static constexpr const char* kSh =
      "envlock_tell=$1 envlock_count=$2; shift 2; "
      "envlock_say() { [ \"$envlock_tell\" = 2 ] || printf '%s\\n' \"$1\" >&\"$envlock_tell\"; }; "
      "envlock_source() { envlock_script=$1; set --; . \"$envlock_script\"; }; "
      "while [ \"$envlock_count\" -gt 0 ]; do envlock_script=$1; shift; envlock_count=$((envlock_count-1)); "
      "envlock_say \"$envlock_script\"; envlock_source \"$envlock_script\"; done; "
      "envlock_say command; [ \"$envlock_tell\" = 2 ] || eval \"exec $envlock_tell>&-\"; exec \"$@\"";
  for (const char* candidate : {"/bin/bash", "/usr/bin/bash"}) {
    if (access(candidate, X_OK) == 0) return {candidate, kBash};
  }
  return {"/bin/sh", kSh};
}

}  // namespace

Activated activate(const std::filesystem::path& prefix, const std::map<std::string, std::string>& variables,
                   const std::vector<std::string>& command, const std::map<std::string, std::string>& from,
                   int tell_on) {
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
    const Shell by = shell();
    activated.words = {
        by.program, "-c", by.text, "envlock-run", std::to_string(tell_on), std::to_string(activated.scripts.size())};
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
