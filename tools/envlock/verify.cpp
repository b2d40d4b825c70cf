// `envlock verify`: is this prefix that lock?
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "commands.h"
#include "environment_path.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/report/verify_report.h"
#include "lock_file.h"
#include "verify_prefix.h"

namespace envlock::tools {
namespace {

struct VerifyArgs {
  LockTargetArgs target;
  PrefixArgs prefix;
  ChannelArgs channel;
  bool no_lock = false;
  bool allow_weak = false;
  bool fetch = false;
  bool quick = false;
  std::vector<std::string> accepted;
  std::string installed_at;
  std::string format = "text";
  std::string output;
  std::size_t threads = 0;
};

/// The lock to hold the prefix against: the one named, else `envlock.lock` here when there is one, else none.
bool has_lock(VerifyArgs& args) {
  if (args.no_lock) return false;
  if (!args.target.lock.empty()) return true;
  std::error_code ignored;
  return std::filesystem::exists(kDefaultLock, ignored);
}

std::string command_line(const VerifyArgs& args, bool with_lock) {
  std::string command = "envlock verify";
  if (with_lock) command += " " + (args.target.lock.empty() ? std::string(kDefaultLock) : args.target.lock);
  if (!args.target.platform.empty()) command += " --platform " + args.target.platform;
  for (const std::string& category : args.target.categories) command += " --category " + category;
  if (!args.prefix.prefix.empty()) command += " -p " + args.prefix.prefix;
  if (!args.prefix.name.empty()) command += " -n " + args.prefix.name;
  return core::printable(command);
}

Exit exit_of(verify::Answer answer) {
  switch (answer) {
    case verify::Answer::yes:
      return Exit::yes;
    case verify::Answer::no:
      return Exit::no;
    case verify::Answer::unknown:
      break;
  }
  return Exit::unknown;
}

Exit run_verify(VerifyArgs args, Out& out) {
  std::optional<LockTarget> lock;
  args.target.may_lack = true;
  if (has_lock(args)) lock = choose_lock_target(args.target, out.notes);
  const std::filesystem::path prefix = require_prefix(args.prefix);
  Session session = open_session(args.channel, out);
  Packages packages(session, lock ? lock->file.parent_path() : std::filesystem::path(), out);
  const std::string command = command_line(args, lock.has_value());
  const verify::Verification verification =
      verify_prefix({.prefix = prefix,
                     .lock = lock ? &*lock : nullptr,
                     .accepted = args.accepted,
                     .depth = args.quick ? verify::Depth::quick : verify::Depth::full,
                     .fetch = args.fetch,
                     .threads = args.threads,
                     .installed_at = args.installed_at,
                     .command = command},
                    packages, session, out);
  const report::VerifyReport report{.verification = &verification,
                                    .prefix = prefix.string(),
                                    .lock = lock ? lock->file.string() : "",
                                    .platform = lock ? lock->platform.platform.name : "",
                                    .allow_weak = args.allow_weak,
                                    .command = command};
  const Exit exit = exit_of(verify::answer(verification, args.allow_weak));
  std::string document;
  if (out.json) document = report::json_verify(report, out.notes.all());
  if (args.format == "junit") document = report::junit_verify(report);
  if (args.format == "sarif") document = report::sarif_verify(report, ENVLOCK_VERSION);
  if (document.empty()) {
    out.show_notes();
    if (!out.quiet || exit != Exit::yes) out.data(report::text_verify(report, out.stdout_style()));
  } else if (!args.output.empty()) {
    core::write_file_atomically(args.output, document);
    out.show_notes();
    if (!out.quiet || exit != Exit::yes) out.data(report::text_verify(report, out.stdout_style()));
  } else {
    out.data(document);
  }
  return exit;
}

}  // namespace

void add_verify(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<VerifyArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "verify",
       .purpose = "Prove, byte by byte, that a prefix is the lock",
       .synopsis = "envlock verify [LOCK] [-p PREFIX | -n NAME] [options]",
       .details =
           "Holds every file of the prefix against the archives that the lock names by SHA-256, and looks for what\n"
           "nobody owns: stray .pth files, libraries, pip's changes, leaks of the user's site-packages. Without a\n"
           "lock (none named, no envlock.lock here) the prefix is held against its own archives and records, which\n"
           "works in any environment that conda, mamba or pixi made. Runs nothing from the prefix.\n"
           "Exit code 0: it is; 1: it is not; 2: could not tell, as where archives are not at hand.",
       .examples =
           {"# is the active environment what envlock.lock says?\nenvlock verify",
            "# the first day, in an environment that something else made\nenvlock verify --no-lock",
            "# in CI, get what is missing and leave a report\nenvlock verify --fetch --format sarif -o "
            "verify.sarif",
            "# before every run: only what changed since the last full verify is read\nenvlock verify --quick"}},
      [args](Out& out) { return run_verify(*args, out); });
  command.add_option("LOCK", args->target.lock, "the lock (default: envlock.lock, when there is one here)");
  add_prefix_options(command, args->prefix);
  add_lock_target_options(command, args->target);
  command.add_flag("--no-lock", args->no_lock, "hold the prefix against its own archives and records");
  command.add_flag("--quick", args->quick, "read only files that changed since the last full verify");
  command.add_flag("--fetch", args->fetch, "get archives that are not at hand");
  command.add_flag("--allow-weak", args->allow_weak, "exit 0 although some packages rest on conda-meta's word");
  add_list_option(command, "--accepted", args->accepted,
                  "a snapshot that was reviewed: packages whose root it holds need no archive; may be repeated")
      ->type_name("SNAPSHOT");
  command.add_option("--installed-at", args->installed_at, "the prefix was moved here on purpose, from this path")
      ->type_name("PATH");
  command.add_option("--format", args->format, "text, junit or sarif (default: text)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "junit", "sarif"}));
  command.add_option("-o,--output", args->output, "write the document there and the text to standard output")
      ->type_name("FILE");
  add_transport_options(command, args->channel);
  command.add_option("--threads", args->threads, "threads to use (default: one per core); never changes the result")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""))
      ->group("Advanced");
}

}  // namespace envlock::tools
