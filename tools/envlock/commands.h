#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exit.h"
#include "output.h"

namespace CLI {
class App;
}

namespace envlock::tools {

/// What `envlock help NAME` says besides the options.
struct CommandHelp {
  std::string name;                   ///< "lock"
  std::string purpose;                ///< one line, no period: "Choose exact packages for ..."
  std::string synopsis;               ///< "envlock lock [FILE...] [options]"
  std::string details;                ///< a paragraph or two, lines wrapped by hand at 90; may be empty
  std::vector<std::string> examples;  ///< "# what it does\nenvlock lock -p linux-64": at least two
  bool has_json = true;               ///< false: stdout is for another program's reading as it is
};

/// The subcommands of the program. Each has one file which ends in
///
///   void add_lock(CLI::App& app, Commands& commands) {
///     auto args = std::make_shared<LockArgs>();
///     CLI::App& command = commands.add(app, {.name = "lock", ...}, [args](Out& out) { return run_lock(*args, out); });
///     command.add_option("FILE", args->files, "...");
///     add_channel_options(command, args->channel);
///   }
///
/// and one line in main.cpp that calls it. `add` also gives it --json (-> Out::json), --quiet and --help.
/// Options are grouped with ->group("Channels"); a group named "" hides them.
class Commands {
 public:
  using Run = std::function<Exit(Out&)>;

  CLI::App& add(CLI::App& app, CommandHelp help, Run run);

  struct Command {
    CommandHelp help;
    CLI::App* app = nullptr;
    Run run;
    std::shared_ptr<bool> json;   ///< was --json given
    std::shared_ptr<bool> quiet;  ///< was --quiet given
  };
  const std::vector<Command>& all() const { return all_; }
  /// The one the user called; null when none.
  const Command* chosen() const;

 private:
  std::vector<Command> all_;
};

void add_lock(CLI::App& app, Commands& commands);
void add_install(CLI::App& app, Commands& commands);
void add_run(CLI::App& app, Commands& commands);
void add_verify(CLI::App& app, Commands& commands);
void add_search(CLI::App& app, Commands& commands);
void add_why(CLI::App& app, Commands& commands);
void add_export(CLI::App& app, Commands& commands);
void add_probe(CLI::App& app, Commands& commands);
void add_snapshot(CLI::App& app, Commands& commands);
void add_diff(CLI::App& app, Commands& commands);
void add_completion(CLI::App& app, Commands& commands);
void add_help(CLI::App& app, Commands& commands);

}  // namespace envlock::tools
