#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "help.h"

namespace envlock::tools {
namespace {

struct HelpArgs {
  std::string command;
};

Exit run_help(const HelpArgs& args, const Commands& commands, Out& out) {
  if (args.command.empty()) {
    out.data(overview(commands, out.stdout_style()));
    return Exit::yes;
  }
  std::vector<std::string> names;
  for (const Commands::Command& command : commands.all()) {
    if (command.help.name == args.command) {
      out.data(help_text(command, out.stdout_style()));
      return Exit::yes;
    }
    names.push_back(command.help.name);
  }
  const std::optional<std::string> meant = core::closest_match(args.command, names);
  throw core::Error({.code = "unknown-command",
                     .what = "`" + args.command + "` is not a command of envlock",
                     .where = std::nullopt,
                     .why = {},
                     .hints = {meant ? "did you mean `envlock help " + *meant + "`?"
                                     : std::string("`envlock --help` lists the commands")}});
}

}  // namespace

void add_help(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<HelpArgs>();
  CLI::App& command =
      commands.add(app,
                   {.name = "help",
                    .purpose = "Tell what a command does, and its options",
                    .synopsis = "envlock help [COMMAND]",
                    .details = "",
                    .examples = {"# the commands\nenvlock help", "# the options of lock\nenvlock help lock"},
                    .has_json = false},
                   [args, &commands](Out& out) { return run_help(*args, commands, out); });
  command.add_option("COMMAND", args->command, "the command to tell about; without it, all commands are listed");
}

}  // namespace envlock::tools
