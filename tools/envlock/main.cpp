// Parses the command line, runs one subcommand, and turns whatever comes out of it into words and an exit code.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "commands.h"
#include "envlock/core/text.h"
#include "exit.h"
#include "help.h"
#include "interruption.h"
#include "output.h"
#include "probe_child.h"
#include "usage_errors.h"

namespace envlock::tools {
namespace {

Exit tell(const std::vector<core::Diagnostic>& errors, Out& out, Exit exit) {
  out.show_notes();
  for (const core::Diagnostic& error : errors) out.show(error, report::Kind::error);
  if (out.json) out.data(report::json_errors(errors, out.notes.all()));
  return exit;
}

Exit tell_bug(const std::string& what, Out& out) {
  return tell({{.code = "internal-error",
                .what = "a mistake in envlock: " + what,
                .where = std::nullopt,
                .why = {},
                .hints = {"please report it with the command line, the input files and `envlock --version`"}}},
              out, Exit::bug);
}

/// An error means that we cannot tell, but for a wrong answer of ours, and for what is an answer: lines that exclude
/// each other, a machine that does not fit. These say no.
Exit exit_of(const std::vector<core::Diagnostic>& errors) {
  const auto is = [](const char* code) { return [code](const core::Diagnostic& error) { return error.code == code; }; };
  if (std::any_of(errors.begin(), errors.end(), is("solver-bug"))) return Exit::bug;
  // As a shell has it of a program that the signal ended.
  if (errors.front().code == "interrupted" && StopRequests::signal() != 0) {
    return static_cast<Exit>(128 + StopRequests::signal());
  }
  const bool is_answer = std::all_of(errors.begin(), errors.end(), [](const core::Diagnostic& error) {
    return error.code == "requests-contradict" || error.code == "no-platform-fits" || error.code == "machine-lacks";
  });
  return is_answer ? Exit::no : Exit::unknown;
}

Exit run_command(const Commands::Command& command, Out& out) {
  out.json = *command.json;
  out.quiet = *command.quiet;
  const Exit exit = command.run(out);
  out.show_notes();
  return exit;
}

/// `-p linux-64 environment.yml` must not take the file for a second platform, as CLI11's vector options do.
void one_value_each(const Commands& commands) {
  for (const Commands::Command& command : commands.all()) {
    for (CLI::Option* option : command.app->get_options()) {
      if (option->get_positional() || option->get_items_expected_max() <= 1) continue;
      if (option->get_items_expected_min() == 1) option->allow_extra_args(false);
    }
  }
}

Exit run(const std::vector<std::string>& words, Out& out) {
  Commands commands;
  CLI::App app;
  app.require_subcommand(0, 1);  // the next word that names a command is an argument: `envlock search export`
  app.set_help_flag("-h,--help", "show this text");
  app.set_version_flag("-V,--version", "envlock " ENVLOCK_VERSION, "show the version");
  add_lock(app, commands);
  add_install(app, commands);
  add_run(app, commands);
  add_verify(app, commands);
  add_search(app, commands);
  add_why(app, commands);
  add_export(app, commands);
  add_probe(app, commands);
  add_snapshot(app, commands);
  add_diff(app, commands);
  add_completion(app, commands);
  add_help(app, commands);
  one_value_each(commands);
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend() - 1);
    app.parse(reversed);
  } catch (const CLI::CallForVersion&) {
    out.data("envlock " ENVLOCK_VERSION "\n");
    return Exit::yes;
  } catch (const CLI::Success&) {
    const Commands::Command* command = commands.chosen();
    out.data(command != nullptr ? help_text(*command, out.stdout_style()) : overview(commands, out.stdout_style()));
    return Exit::yes;
  } catch (const CLI::ParseError& error) {
    out.json = std::find(words.begin(), words.end(), "--json") != words.end();
    return tell(usage_errors(error, app, commands, words), out, Exit::unknown);
  }
  const Commands::Command* command = commands.chosen();
  if (command == nullptr) {
    out.words(overview(commands, out.stderr_style()));
    return Exit::unknown;
  }
  return run_command(*command, out);
}

/// The last stand: nothing gets past it.
Exit run_guarded(const std::vector<std::string>& words, Out& out) {
  try {
    return run(words, out);
  } catch (const core::Error& error) {
    return tell(error.diagnostics(), out, exit_of(error.diagnostics()));
  } catch (const std::filesystem::filesystem_error& error) {
    return tell({{.code = "file-system",
                  .what = "the file system refuses: " + core::printable(error.code().message()),
                  .where = std::nullopt,
                  .why = {core::printable(error.path1().string())},
                  .hints = {}}},
                out, Exit::unknown);
  } catch (const std::bad_alloc&) {
    return tell(
        {{.code = "out-of-memory", .what = "the memory is used up", .where = std::nullopt, .why = {}, .hints = {}}},
        out, Exit::unknown);
  } catch (const std::exception& error) {
    return tell_bug(error.what(), out);
  } catch (...) {
    return tell_bug("an exception of unknown type", out);
  }
}

}  // namespace
}  // namespace envlock::tools

int main(int argc, char** argv) {
  // A process that is about to run a library of somebody's: nothing else happens in it.
  if (argc > 1 && argv[1] == std::string_view(envlock::tools::kProbeChild)) {
    return envlock::tools::run_probe_child({argv + 2, argv + argc});
  }
  envlock::tools::end_at_interrupts();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is told by EPIPE
  try {
    envlock::tools::Out out;
    return static_cast<int>(envlock::tools::run_guarded({argv, argv + argc}, out));
  } catch (...) {
    return static_cast<int>(envlock::tools::Exit::unknown);  // stdout and the words about it both failed
  }
}
