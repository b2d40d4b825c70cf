// `envlock lock`: reads like the data flow. What it works from is weighed in lock_inputs, the platforms are solved in
// lock_solve, and lock_facts says what may surprise.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "commands.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "envlock/report/lock_report.h"
#include "lock_facts.h"
#include "lock_inputs.h"
#include "lock_like.h"
#include "lock_pip.h"
#include "lock_refusal.h"
#include "lock_solve.h"
#include "lock_warnings.h"
#include "pip_local_check.h"

namespace envlock::tools {
namespace {

/// A Session whose cut-off is weighed by choose_options: "none" lifts the one that the lock remembers.
Session open_lock_session(const LockArgs& args, Out& out) {
  ChannelArgs channel = args.channel;
  if (channel.exclude_newer == "none") channel.exclude_newer.clear();
  return open_session(channel, out);
}

std::vector<conda::Channel> channels_of(const std::vector<channel::Location>& locations) {
  std::vector<conda::Channel> channels;
  for (const channel::Location& location : locations) channels.push_back(location.channel);
  return channels;
}

std::filesystem::path folder_of_lock(const LockInputs& inputs) {
  return std::filesystem::absolute(inputs.output).lexically_normal().parent_path();
}

Exit check_lock(const LockArgs& args, const LockInputs& inputs, const std::optional<PipInputs>& pip,
                const Session& session, Out& out) {
  if (inputs.previous.empty()) {
    out.show({.code = "no-lock",
              .what = "there is no `" + core::printable(inputs.output.string()) + "` to check",
              .hints = {"make it with `envlock lock`"}},
             report::Kind::error);
    if (out.json) out.data(report::json_lock_check(inputs.output.string(), false, {}, out.notes.all()));
    return Exit::no;
  }
  std::vector<core::Diagnostic> findings;
  if (inputs.conflicted) {
    findings.push_back(
        {.code = "lock-conflict-markers",
         .what = "`" + core::printable(inputs.output.string()) + "` holds conflict markers of a git merge",
         .hints = {"`envlock lock` resolves them, keeping the picks of both sides"}});
  } else {
    const lock::Lock& previous = inputs.previous.front();
    lock::FreshnessInput freshness;
    freshness.channels = channels_of(choose_channels(args, inputs, session, freshness.channel_bases, out.notes));
    freshness.options = choose_options(session, args, inputs.policy, &previous);
    freshness.platforms = inputs.platforms;
    if (pip) freshness.pip = pip->input;
    findings = lock::check(previous, inputs.spec, freshness);
    if (pip) {
      std::vector<core::Diagnostic> changed = check_local_places(*pip, previous, folder_of_lock(inputs));
      std::move(changed.begin(), changed.end(), std::back_inserter(findings));
    }
  }
  const bool fresh = findings.empty();
  if (out.json) {
    out.data(report::json_lock_check(inputs.output.string(), fresh, findings, out.notes.all()));
    return fresh ? Exit::yes : Exit::no;
  }
  out.show_notes();
  for (const core::Diagnostic& finding : findings) out.show(finding, report::Kind::error);
  if (!out.quiet || !fresh)
    out.words(report::text_lock_check(inputs.output.string(), findings.size(), out.stderr_style()));
  return fresh ? Exit::yes : Exit::no;
}

IndexSource open_source(const LockArgs& args, const LockInputs& inputs, const lock::Options& options, Session& session,
                        std::vector<channel::Location> locations, Out& out) {
  IndexSource source;
  source.priority = options.channel_priority;
  if (!args.index.empty()) {
    source.saved = std::make_unique<lock::SavedIndex>(lock::parse_saved_index(core::read_file(args.index), args.index));
    return source;
  }
  channel::OpenOptions open;
  for (const conda::Platform& platform : inputs.platforms) open.subdirs.push_back(platform.subdir);
  open.priority = options.channel_priority;
  open.exclude_newer = options.exclude_newer;
  open.exclude_newer_strict = options.exclude_newer_strict;
  open.cache = session.cache;
  open.threads = args.threads;
  source.repository = std::make_unique<channel::Repository>(
      channel::Repository::open(std::move(locations), std::move(open), *session.fetcher, *session.progress, out.notes));
  return source;
}

SolveOptions make_solve_options(const LockArgs& args, const LockInputs& inputs, const lock::Options& options,
                                Out& out) {
  SolveOptions solve;
  solve.solve.priority = options.channel_priority;
  solve.solve.taint_rule = !args.no_taint;
  solve.lock_options = options;
  for (const lock::Lock& previous : inputs.previous) solve.keep.push_back(&previous);
  solve.free_all = args.update_given && args.update.empty();
  for (const std::string& names : args.update) {
    for (const std::string_view name : core::split(names, ',')) solve.freed.insert(core::to_lower(core::trim(name)));
  }
  for (const std::string& source : args.like) {
    const std::vector<lock::Preference> preferences = read_like(source, out.notes);
    solve.like.insert(solve.like.end(), preferences.begin(), preferences.end());
  }
  solve.loosen = args.loosen == "build" ? lock::Loosen::build : lock::Loosen::none;
  solve.keep_indexes = !args.save_index.empty();
  solve.threads = args.threads;
  return solve;
}

Exit report_conflicts(const std::vector<PlatformOutcome>& outcomes, const LockArgs& args, const LockInputs& inputs,
                      const lock::Options& options, Out& out) {
  const std::vector<core::Diagnostic> conflicts = tell_conflicts(outcomes, args, options);
  // A saved index that lacks a name cannot tell whether the channels have it.
  const bool cannot_tell =
      !args.index.empty() && std::any_of(conflicts.begin(), conflicts.end(), [](const core::Diagnostic& conflict) {
        return conflict.code == "no-such-package";
      });
  const Exit exit = cannot_tell ? Exit::unknown : Exit::no;
  if (out.json) {
    out.data(report::json_errors(conflicts, out.notes.all()));
    return exit;
  }
  out.show_notes();
  for (const core::Diagnostic& conflict : conflicts) out.show(conflict, report::Kind::error);
  if (!inputs.previous.empty()) {
    out.words("`" + core::printable(inputs.output.string()) + "` is unchanged.\n");
  }
  return exit;
}

bool has_conflict(const std::vector<PlatformOutcome>& outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(), [](const PlatformOutcome& outcome) {
    return std::holds_alternative<conda::Conflict>(outcome.result);
  });
}

PipSolveOptions make_pip_options(const LockArgs& args, const LockInputs& inputs, const lock::Options& options,
                                 const SolveOptions& solve, const lock::Lock* previous) {
  PipSolveOptions pip;
  pip.previous = previous;
  pip.free_all = solve.free_all;
  for (const std::string& name : solve.freed) pip.freed.insert(pypi::normalize_name(name));
  pip.like = solve.like;
  pip.all_artifacts = args.all_artifacts;
  pip.exclude_newer = options.exclude_newer;
  pip.lock_folder = folder_of_lock(inputs);
  return pip;
}

/// The line that asks for a conda package, as a message cites it; "" when none does.
std::string cite_line(const spec::Spec& spec, const conda::Platform& platform, const std::string& name) {
  for (const conda::Request& request : spec::requests_for(spec, platform.subdir)) {
    if (request.spec.name != name || request.implied_by) continue;
    return "`" + core::printable(request.text, 80) + "` (" + request.where.file + ":" +
           std::to_string(request.where.line) + ")";
  }
  return "";
}

/// `--update` takes any number of names, so it also takes a file that follows it: `--update numpy environment.yml`.
void settle_update(LockArgs& args, bool given) {
  args.update_given = given;
  const auto is_file = [](const std::string& word) {
    const std::string extension = std::filesystem::path(word).extension();
    return word == "-" || extension == ".yml" || extension == ".yaml";
  };
  std::copy_if(args.update.begin(), args.update.end(), std::back_inserter(args.files), is_file);
  std::erase_if(args.update, [&](const std::string& word) { return word.empty() || is_file(word); });
}

Exit run_lock(const LockArgs& args, Out& out) {
  LockInputs inputs = read_lock_inputs(args, out.notes);
  Session session = open_lock_session(args, out);
  std::optional<PipInputs> pip = read_pip_inputs(args, inputs, session, out.notes);
  warn_of_secrets(inputs.spec, out.notes);
  if (args.check) return check_lock(args, inputs, pip, session, out);

  const lock::Lock* previous = inputs.previous.empty() ? nullptr : &inputs.previous.front();
  const lock::Options options = choose_options(session, args, inputs.policy, previous);
  SolveOptions solve = make_solve_options(args, inputs, options, out);
  note_unknown_updates(solve.freed, inputs, out.notes);
  const std::vector<channel::Location> locations =
      choose_channels(args, inputs, session, solve.solve.channel_bases, out.notes);
  const IndexSource source = open_source(args, inputs, options, session, locations, out);

  std::vector<PlatformOutcome> outcomes = solve_platforms(inputs.spec, inputs.platforms, source, solve);
  for (const PlatformOutcome& outcome : outcomes) out.notes.append(outcome.notes);
  take_fetch_notes(session, out);
  if (has_conflict(outcomes)) return report_conflicts(outcomes, args, inputs, options, out);
  if (pip) {
    PipSolveOptions pip_options = make_pip_options(args, inputs, options, solve, previous);
    pip_options.try_conda = [&](const conda::Platform& platform, const std::string& text) {
      return solve_with(inputs.spec, platform, source, solve, conda::MatchSpec::parse(text));
    };
    pip_options.conda_line = [&](const conda::Platform& platform, const std::string& name) {
      return cite_line(inputs.spec, platform, name);
    };
    solve_pip(*pip, pip_options, session, outcomes, out.notes);
    if (has_conflict(outcomes)) return report_conflicts(outcomes, args, inputs, options, out);
  }

  note_surprises(outcomes, solve.free_all || !solve.freed.empty() ? nullptr : previous, out.notes);
  note_idle_preferences(args, outcomes, out.notes);
  const std::vector<std::string> computed =
      compute_missing_hashes(outcomes, source, previous, *session.fetcher, out.notes);
  std::vector<lock::PlatformSolution> solutions;
  for (const PlatformOutcome& outcome : outcomes) {
    solutions.push_back(
        {outcome.platform, std::get<conda::Solution>(outcome.result), outcome.distributions, outcome.provided_extras});
  }
  const lock::Lock lock = lock::make(inputs.spec, channels_of(locations), options, solutions, computed,
                                     pip ? std::optional(pip->input) : std::nullopt);
  const std::string bytes = lock::format(lock);
  const bool unchanged = previous != nullptr && !inputs.conflicted && core::read_file(inputs.output) == bytes;
  if (!unchanged) core::write_file_atomically(inputs.output, bytes);
  if (!args.save_index.empty()) {
    core::write_file_atomically(args.save_index,
                                lock::format(make_saved_index(channels_of(locations), outcomes, computed)));
  }

  report::LockSummary summary{
      .lock = &lock, .previous = previous, .file = inputs.output.string(), .unchanged = unchanged};
  for (const PlatformOutcome& outcome : outcomes) {
    if (outcome.like.wanted == 0) continue;
    summary.like.push_back(
        {outcome.platform.name, outcome.like.wanted, outcome.like.kept, outcome.like.missing, outcome.like.replaced});
  }
  if (out.json) {
    out.data(report::json_lock(summary, out.notes.all()));
    return Exit::yes;
  }
  out.show_notes();
  if (!out.quiet) out.words(report::text_lock(summary, out.stderr_style()));
  return Exit::yes;
}

void add_pip_options(CLI::App& command, LockArgs& args) {
  constexpr const char* kGroup = "PyPI";
  command.add_flag("--pre", args.pre, "let pre-releases in for every name of the pip: section")->group(kGroup);
  command
      .add_flag("--allow-build", args.allow_build,
                "build wheels of what has none, here and with the python of PATH: runs the projects' own code")
      ->group(kGroup);
  add_list_option(command, "--pypi-index", args.pypi_index,
                  "the index that a name must come from, when it stands on several; may be repeated")
      ->type_name("NAME=URL")
      ->group(kGroup);
  command
      .add_option("--pypi-mapping", args.pypi_mapping,
                  "a file of lines `conda-name = pypi-name`: which PyPI project a conda package is")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_flag("--all-artifacts", args.all_artifacts,
                "keep the hashes of the other wheels that the platform could take as well")
      ->group(kGroup);
}

}  // namespace

void add_lock(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<LockArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "lock",
       .purpose = "Choose exact packages for environment.yml and write them, with hashes, to envlock.lock",
       .synopsis = "envlock lock [FILE...] [options]",
       .details =
           "Reads one or several environment.yml files, chooses one package file a name for every platform, and\n"
           "writes envlock.lock beside the first file. The same files give the same bytes on any machine.\n"
           "What is locked already stays as it is where it still fits: free it with --update.",
       .examples =
           {"# lock ./environment.yml for two platforms\nenvlock lock -p linux-64 -p osx-arm64",
            "# for GPU machines whose driver supports CUDA 12.9\nenvlock lock -p linux-64 --virtual-package "
            "__cuda=12.9",
            "# in CI: is the lock what environment.yml asks for? No network, writes nothing\nenvlock lock --check",
            "# take newer versions of two packages and leave the rest\nenvlock lock --update=numpy,pytorch",
            "# start from the packages of an environment that works\nenvlock lock --like conda-linux-64.lock"}},
      [args](Out& out) { return run_lock(*args, out); });
  command.add_option("FILE", args->files,
                     "environment.yml files, merged; - is standard input (default: environment.yml)");
  command.add_option("-o,--output", args->output, "the lock to write (default: envlock.lock beside the first FILE)")
      ->type_name("FILE");
  CLI::Option* check = command.add_flag(
      "--check", args->check, "only say whether the lock still fits; offline, writes nothing; exit code 1 if not");
  CLI::Option* update = command
                            .add_option("--update", args->update,
                                        "free these names (comma between them), or everything when none is given")
                            ->type_name("NAME")
                            ->expected(0, -1);
  command.parse_complete_callback([args, update] { settle_update(*args, update->count() > 0); });
  CLI::Option* like =
      command
          .add_option(
              "--like", args->like,
              "prefer the packages of this envlock.lock, @EXPLICIT file, conda-lock.yml, pixi.lock, environment.yml or "
              "environment folder")
          ->type_name("SOURCE");
  command.add_option("--loosen", args->loosen, "with --like: another build of the same version counts as the same")
      ->type_name("build")
      ->check(CLI::IsMember({"build"}))
      ->needs(like);
  check->excludes(update)->excludes(like);
  command.add_flag("--conda-only", args->conda_only, "lock the conda part alone, without the pip: section");

  add_pip_options(command, *args);
  command.add_option("-p,--platform", args->platforms, "platform to lock for; NAME=SUBDIR makes a profile")
      ->type_name("NAME[=SUBDIR]")
      ->group("Platforms");
  command
      .add_option("--virtual-package", args->virtual_packages,
                  "what is assumed of the machines: __cuda=12.9; `__cuda=` removes; for one platform: NAME:__cuda=12.9")
      ->type_name("[NAME:]__x=V")
      ->group("Platforms");

  add_channel_options(command, args->channel);
  command.add_option("--save-index", args->save_index, "write the records that the solve looked at, for --index")
      ->type_name("FILE")
      ->group("Replay");
  command.add_option("--index", args->index, "solve from these records alone, without channels or network")
      ->type_name("FILE")
      ->group("Advanced");
  command.add_option("--threads", args->threads, "threads to use (default: one per core); never changes the result")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""))
      ->group("Advanced");
  command.add_flag("--mamba-order", args->no_taint)->group("");
}

}  // namespace envlock::tools
