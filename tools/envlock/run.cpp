// `envlock run`: a command in an environment that was looked at first, with a record of what ran.
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>

#include "activation.h"
#include "child_process.h"
#include "commands.h"
#include "environment_path.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/report/units.h"
#include "envlock/report/verify_report.h"
#include "envlock/snapshot/run_record.h"
#include "lock_file.h"
#include "run_records.h"
#include "verify_prefix.h"

namespace envlock::tools {
namespace {

constexpr int kNotStarted = 126;
constexpr int kNotFound = 127;

struct RunArgs {
  std::vector<std::string> command;
  LockTargetArgs target;
  PrefixArgs prefix;
  ChannelArgs channel;
  std::string record;
  bool no_record = false;
  bool no_verify = false;
  std::vector<std::string> outputs;
};

/// -p or -n, else `.envlock/env` beside the lock, else what is active.
std::filesystem::path choose_environment(const RunArgs& args, const std::filesystem::path& lock) {
  if (args.prefix.prefix.empty() && args.prefix.name.empty()) {
    const std::filesystem::path beside = std::filesystem::absolute(lock.parent_path() / ".envlock/env");
    if (prefix::is_environment(beside)) return beside.lexically_normal();
  }
  return require_prefix(args.prefix);
}

std::filesystem::path lock_to_use(const RunArgs& args) {
  return args.target.lock.empty() ? kDefaultLock : std::filesystem::path(args.target.lock);
}

/// The environment's root. It costs hashing every file, so it is kept beside the stamps of the last full look, and
/// holds as long as these do.
std::optional<core::Sha256> environment_root(const std::filesystem::path& folder, const std::filesystem::path& stamps,
                                             bool unchanged, Session& session, Out& out) {
  std::filesystem::path kept = stamps;
  kept.replace_extension(".root");
  std::error_code ignored;
  const std::string bound =
      std::filesystem::exists(stamps, ignored) ? core::format(core::sha256(core::read_file(stamps))) : "";
  if (unchanged && !bound.empty() && std::filesystem::exists(kept, ignored)) {
    const std::string text = core::read_file(kept, 256);
    if (text.starts_with(bound + " ")) return core::parse_sha256(core::trim(text.substr(bound.size() + 1)));
  }
  const snapshot::Environment environment =
      snapshot::capture_environment(folder, snapshot::Roots::compute, *session.progress, out.notes);
  if (environment.root && !bound.empty()) {
    core::write_file_atomically(kept, bound + " " + core::format(*environment.root) + "\n");
  }
  return environment.root;
}

/// The command runs, and yet `envlock verify` would end with exit code 2.
core::Diagnostic not_vouched_for(const verify::Verification& verification) {
  core::Diagnostic diagnostic{.code = "weak-proof",
                              .what = "nothing speaks against the environment, but not all of it is proved",
                              .where = std::nullopt,
                              .why = {},
                              .hints = {}};
  if (const std::size_t weak = verification.against_lock ? verification.weak_packages() : 0; weak > 0) {
    diagnostic.why.push_back(report::count_of(weak, "package") + (weak == 1 ? " rests" : " rest") +
                             " on records that lie in the prefix itself");
    diagnostic.hints.push_back("`envlock verify --fetch` gets their archives and proves them");
  }
  if (const std::size_t unread = verification.count(verify::Weight::unknown); unread > 0) {
    diagnostic.why.push_back(report::count_of(unread, "finding") + " of `envlock verify` could not be decided");
    diagnostic.hints.push_back("`envlock verify` names them");
  }
  return diagnostic;
}

/// True when the environment may be used; `record` gets what was found of it.
bool looks_right(const std::filesystem::path& folder, const LockTarget* lock, const RunArgs& args,
                 snapshot::RunRecord& record, Out& out) {
  Session session = open_session(args.channel, out);
  if (args.no_verify) {
    record.verified = "no";
    if (!args.no_record)
      record.root = environment_root(folder, stamps_file(session.cache, folder), false, session, out);
    return true;
  }
  record.verified = "quick";
  Packages packages(session, lock != nullptr ? lock->file.parent_path() : std::filesystem::path(), out);
  const verify::Verification verification = verify_prefix({.prefix = folder,
                                                           .lock = lock,
                                                           .accepted = {},
                                                           .depth = verify::Depth::quick,
                                                           .installed_at = {},
                                                           .command = "envlock verify"},
                                                          packages, session, out);
  if (verify::answer(verification, true) != verify::Answer::no) {
    if (verify::answer(verification, false) == verify::Answer::unknown) {
      record.verified = "weak";
      out.notes.note(not_vouched_for(verification));
    }
    if (!args.no_record) {
      record.root = environment_root(folder, stamps_file(session.cache, folder), verification.tally.file_bytes == 0,
                                     session, out);
    }
    return true;
  }
  const report::VerifyReport report{.verification = &verification,
                                    .prefix = folder.string(),
                                    .lock = lock != nullptr ? lock->file.string() : "",
                                    .platform = lock != nullptr ? lock->platform.platform.name : "",
                                    .allow_weak = true,
                                    .command = "envlock verify"};
  out.words(report::text_verify(report, out.stderr_style()));
  out.show({.code = "not-run",
            .what = "the command was not run, because the environment is not what it should be",
            .where = std::nullopt,
            .why = {},
            .hints = {"`envlock install --repair` puts back what belongs to packages",
                      "`--no-verify` runs the command all the same"}},
           report::Kind::error);
  return false;
}

/// A script of the environment ended the shell that was to become the command.
Exit tell_activation_ended(const RanInForeground& ran, Out& out) {
  const std::vector<std::string_view> lines = core::split(core::trim(ran.told), '\n');
  const bool by_signal = ran.exit_code > 128;
  out.show({.code = "activation-ended",
            .what = "the command was not run: activating the environment came to an end before it",
            .where = std::nullopt,
            .why = {(lines.back().empty() ? "the shell " : "`" + core::printable(lines.back()) + "` ") +
                    (by_signal ? "was ended by signal " + std::to_string(ran.exit_code - 128)
                               : "ended the shell with exit code " + std::to_string(ran.exit_code))},
            .hints = {}},
           report::Kind::error);
  return static_cast<Exit>(by_signal ? ran.exit_code : kNotStarted);
}

Exit run_run(const RunArgs& args, Out& out) {
  const std::filesystem::path lock_file = lock_to_use(args);
  std::error_code ignored;
  std::optional<LockTarget> lock;
  if (!args.target.lock.empty() || std::filesystem::exists(lock_file, ignored)) {
    LockTargetArgs target = args.target;
    target.lock = lock_file.string();
    target.may_lack = true;
    lock = choose_lock_target(target, out.notes);
  }
  const std::filesystem::path folder = choose_environment(args, lock_file);
  if (!prefix::is_environment(folder)) {
    throw core::Error({.code = "no-environment",
                       .what = "`" + core::printable(folder.string()) + "` is not an environment",
                       .where = std::nullopt,
                       .why = {"it has no conda-meta folder"},
                       .hints = {"make it with `envlock install`"}});
  }
  snapshot::RunRecord record;
  if (!looks_right(folder, lock ? &*lock : nullptr, args, record, out)) return Exit::no;
  record.command = snapshot::without_secrets(args.command);
  const bool keeps_record = !args.no_record && (lock || !args.record.empty());
  const RecordPlace place(keeps_record ? args.record : "", keeps_record ? lock_file : std::filesystem::path(),
                          out.notes);
  if (lock) record.lock = core::sha256(lock->set.bytes);
  std::map<std::string, std::string> variables = prefix::read_variables(folder);
  if (lock) {
    for (const auto& [name, value] : lock->set.variables) variables[name] = value;
    variables["ENVLOCK_DIGEST"] = core::format(*record.lock);
  }
  if (place.exists()) {
    add_git_facts(record);
    add_machine_facts(record, out.notes);
  }
  std::map<std::string, std::string> outside = process_variables();
  outside.erase("ENVLOCK_DIGEST");  // of another lock than this run's
  const int descriptor = free_descriptor();
  const Activated activated = activate(folder, variables, args.command, outside, descriptor);
  const int tell_on = activated.scripts.empty() ? STDERR_FILENO : descriptor;  // nobody there to tell
  const OutputStamps before = stamps_of(args.outputs);
  out.show_notes();
  record.started = static_cast<core::Milliseconds>(std::time(nullptr)) * 1000;
  const auto start = std::chrono::steady_clock::now();
  try {
    const RanInForeground ran = run_in_foreground(activated.words, activated.environment, tell_on);
    if (tell_on != STDERR_FILENO && !ran.told.ends_with(kCommandBegins)) {
      return tell_activation_ended(ran, out);
    }
    record.exit_code = ran.exit_code;
  } catch (const core::Error& error) {
    // As a shell has it, so that a caller can tell a missing command from one that failed.
    for (const core::Diagnostic& diagnostic : error.diagnostics()) out.show(diagnostic, report::Kind::error);
    return static_cast<Exit>(error.diagnostics().front().code == "command-not-found" ? kNotFound : kNotStarted);
  }
  record.milliseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count());
  if (place.exists()) {
    add_outputs(record, before, out.notes);
    place.write(record, out.notes);
  }
  return static_cast<Exit>(record.exit_code);
}

}  // namespace

void add_run(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<RunArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "run",
       .purpose = "Run a command in an environment that is what the lock says",
       .synopsis = "envlock run [options] -- COMMAND [ARGUMENT...]",
       .details =
           "Looks at the environment first (as `envlock verify --quick`), activates it, runs the command with its "
           "exit\n"
           "code and signals passed on, and leaves a small record of what ran in which environment, on what machine,\n"
           "at which commit. ENVLOCK_DIGEST in the command's environment is the lock's SHA-256.",
       .examples = {"# train, and remember what made the checkpoint\nenvlock run --output model.safetensors -- python "
                    "train.py",
                    "# which run made it?\nenvlock why --artifact model.safetensors"},
       .has_json = false},
      [args](Out& out) { return run_run(*args, out); });
  command.add_option("COMMAND", args->command, "the command and its arguments, after --")->required();
  command.add_option("--lock", args->target.lock, "the lock (default: envlock.lock, when there is one here)")
      ->type_name("LOCK");
  add_prefix_options(command, args->prefix);
  add_lock_target_options(command, args->target);
  command.add_flag("--no-verify", args->no_verify, "do not look at the environment first");
  add_list_option(command, "--output", args->outputs,
                  "a file that the command makes: its hash goes into the record; may be repeated")
      ->type_name("FILE")
      ->group("Record");
  command
      .add_option("--record", args->record,
                  "where to write the record (default: a file in .envlock/runs beside the lock)")
      ->type_name("FILE")
      ->group("Record");
  command.add_flag("--no-record", args->no_record, "leave no record")->group("Record");
  add_transport_options(command, args->channel);
}

}  // namespace envlock::tools
