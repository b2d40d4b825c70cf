// `envlock completion`: scripts for three shells, written from the options themselves so that they cannot fall behind.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

struct Option {
  std::vector<std::string> names;  ///< "-p", "--platform"
  std::string description;
  bool takes_value = false;
  std::vector<std::string> values;  ///< the words its value may be; empty: a file
};

struct Subcommand {
  std::string name;
  std::string purpose;
  std::vector<Option> options;
  std::vector<std::string> first_argument;  ///< words; empty: files
};

/// Values that are a short list of words.
std::vector<std::string> values_of(const std::string& name) {
  if (name == "--platform") return conda::known_subdirs();
  if (name == "--channel-priority") return {"strict", "flexible", "disabled"};
  if (name == "--size") return {"quick", "standard", "gpu"};
  if (name == "--isa") return {"scalar", "avx2", "avx512", "neon"};
  if (name == "--loosen") return {"build"};
  return {};
}

std::vector<std::string> first_argument_of(const std::string& command, const Commands& commands) {
  if (command == "export") return {"explicit", "conda-lock", "requirements", "pylock", "cyclonedx", "spdx"};
  if (command == "probe") return {"run", "show", "devices"};
  if (command == "completion") return {"bash", "zsh", "fish"};
  std::vector<std::string> names;
  if (command == "help") {
    for (const Commands::Command& each : commands.all()) names.push_back(each.help.name);
  }
  return names;
}

std::vector<Subcommand> describe(const Commands& commands) {
  std::vector<Subcommand> all;
  for (const Commands::Command& command : commands.all()) {
    Subcommand described{command.help.name, command.help.purpose, {}, first_argument_of(command.help.name, commands)};
    const CLI::App& app = *command.app;
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_positional() || option->get_group().empty()) continue;
      Option one{{}, option->get_description(), option->get_items_expected_max() > 0, {}};
      for (const std::string& name : option->get_snames()) one.names.push_back("-" + name);
      for (const std::string& name : option->get_lnames()) one.names.push_back("--" + name);
      if (!option->get_lnames().empty()) one.values = values_of("--" + option->get_lnames().front());
      described.options.push_back(std::move(one));
    }
    all.push_back(std::move(described));
  }
  return all;
}

std::string all_options(const Subcommand& command) {
  std::string words;
  for (const Option& option : command.options) {
    for (const std::string& name : option.names) words += (words.empty() ? "" : " ") + name;
  }
  return words;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// For '...' of a shell: a quote inside ends, escapes and begins it again.
std::string in_quotes(const std::string& text) {
  return "'" + replaced(text, "'", "'\\''") + "'";
}

std::string bash_script(const std::vector<Subcommand>& commands) {
  std::string names;
  for (const Subcommand& command : commands) names += (names.empty() ? "" : " ") + command.name;
  std::string script =
      "# bash completion for envlock: eval \"$(envlock completion bash)\"\n"
      "_envlock() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
      "  COMPREPLY=()\n"
      "  if [[ $COMP_CWORD -eq 1 ]]; then\n"
      "    COMPREPLY=($(compgen -W \"" +
      names +
      " --help --version\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$command $before\" in\n";
  for (const Subcommand& command : commands) {
    for (const Option& option : command.options) {
      if (option.values.empty()) continue;
      std::string patterns;
      for (const std::string& name : option.names)
        patterns += (patterns.empty() ? "\"" : "|\"") + command.name + " " + name + "\"";
      script += "    " + patterns + ") COMPREPLY=($(compgen -W \"" + core::join(option.values, " ") +
                "\" -- \"$word\")); return ;;\n";
    }
  }
  script += "  esac\n  case \"$command\" in\n";
  for (const Subcommand& command : commands) {
    script += "    " + command.name + ")\n";
    script += "      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"" + all_options(command) +
              "\" -- \"$word\")); return; fi\n";
    if (!command.first_argument.empty()) {
      script += "      if [[ $COMP_CWORD -eq 2 ]]; then COMPREPLY=($(compgen -W \"" +
                core::join(command.first_argument, " ") + "\" -- \"$word\")); return; fi\n";
    }
    script += "      ;;\n";
  }
  return script + "  esac\n}\ncomplete -o default -F _envlock envlock\n";
}

/// For zsh's _arguments: brackets and colons of a description have a meaning of their own.
std::string zsh_description(const std::string& text) {
  return replaced(replaced(replaced(text, "[", "("), "]", ")"), ":", "\\:");
}

std::string zsh_script(const std::vector<Subcommand>& commands) {
  std::string script =
      "#compdef envlock\n"
      "# zsh completion for envlock: put this into a file `_envlock` in a folder of $fpath,\n"
      "# or: source <(envlock completion zsh)\n"
      "_envlock() {\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const Subcommand& command : commands) {
    script += "    " + in_quotes(command.name + ":" + replaced(command.purpose, ":", "\\:")) + "\n";
  }
  script +=
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe -t commands 'envlock command' commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n";
  for (const Subcommand& command : commands) {
    script += "    " + command.name + ")\n      _arguments -s";
    for (const Option& option : command.options) {
      for (const std::string& name : option.names) {
        std::string spec = "*" + name + "[" + zsh_description(option.description) + "]";
        if (option.takes_value) {
          spec += option.values.empty() ? ":value:_files" : ":value:(" + core::join(option.values, " ") + ")";
        }
        script += " \\\n        " + in_quotes(spec);
      }
    }
    if (!command.first_argument.empty()) {
      script += " \\\n        " + in_quotes("1:argument:(" + core::join(command.first_argument, " ") + ")");
    }
    script += " \\\n        '*:file:_files'\n      ;;\n";
  }
  // Sourced, it registers itself; from $fpath, compinit has done so and the body is the function.
  return script +
         "  esac\n}\nif [ \"$funcstack[1]\" = \"_envlock\" ]; then _envlock \"$@\"; else compdef _envlock envlock; "
         "fi\n";
}

std::string fish_script(const std::vector<Subcommand>& commands) {
  std::string script = "# fish completion for envlock: envlock completion fish | source\n";
  const auto fish_quoted = [](const std::string& text) {
    return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
  };
  for (const Subcommand& command : commands) {
    script += "complete -c envlock -n __fish_use_subcommand -f -a " + command.name + " -d " +
              fish_quoted(command.purpose) + "\n";
  }
  for (const Subcommand& command : commands) {
    const std::string start = "complete -c envlock -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const Option& option : command.options) {
      std::string line = start;
      for (const std::string& name : option.names) {
        line += name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.values.empty()) {
        line += " -x -a " + fish_quoted(core::join(option.values, " "));
      } else if (option.takes_value) {
        line += " -r";
      }
      script += line + " -d " + fish_quoted(option.description) + "\n";
    }
    if (!command.first_argument.empty()) {
      script += start + " -f -a " + fish_quoted(core::join(command.first_argument, " ")) + "\n";
    }
  }
  return script;
}

Exit run_completion(const std::string& shell, const Commands& commands, Out& out) {
  const std::vector<Subcommand> described = describe(commands);
  if (shell == "bash") {
    out.data(bash_script(described));
  } else if (shell == "zsh") {
    out.data(zsh_script(described));
  } else if (shell == "fish") {
    out.data(fish_script(described));
  } else {
    const std::vector<std::string> shells{"bash", "zsh", "fish"};
    const std::optional<std::string> meant = core::closest_match(shell, shells);
    throw core::Error({.code = "unknown-shell",
                       .what = "`" + core::printable(shell) + "` is not a shell that envlock writes completions for",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {meant ? "did you mean `envlock completion " + *meant + "`?"
                                       : std::string("there are bash, zsh and fish")}});
  }
  return Exit::yes;
}

}  // namespace

void add_completion(CLI::App& app, Commands& commands) {
  auto shell = std::make_shared<std::string>();
  CLI::App& command = commands.add(
      app,
      {.name = "completion",
       .purpose = "Write a script that completes envlock's commands and options in a shell",
       .synopsis = "envlock completion bash|zsh|fish",
       .details = "",
       .examples = {"# bash: for this session; add the line to ~/.bashrc for all\neval \"$(envlock completion bash)\"",
                    "# fish: for all sessions\nenvlock completion fish > ~/.config/fish/completions/envlock.fish"},
       .has_json = false},
      [shell, &commands](Out& out) { return run_completion(*shell, commands, out); });
  command.add_option("SHELL", *shell, "bash, zsh or fish")->required();
}

}  // namespace envlock::tools
