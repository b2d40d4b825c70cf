#include "commands.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace envlock::tools {

CLI::App& Commands::add(CLI::App& app, CommandHelp help, Run run) {
  CLI::App* command = app.add_subcommand(help.name, help.purpose);
  auto json = std::make_shared<bool>(false);
  auto quiet = std::make_shared<bool>(false);
  if (help.has_json) {
    command->add_flag("--json", *json, "write one JSON document to standard output (docs/formats/json.md)")
        ->group("Output");
  }
  command->add_flag("-q,--quiet", *quiet, "say nothing but errors and warnings")->group("Output");
  command->set_help_flag("-h,--help", "show this text")->group("Output");
  all_.push_back({std::move(help), command, std::move(run), std::move(json), std::move(quiet)});
  return *command;
}

const Commands::Command* Commands::chosen() const {
  for (const Command& command : all_) {
    if (command.app->parsed()) return &command;
  }
  return nullptr;
}

}  // namespace envlock::tools
