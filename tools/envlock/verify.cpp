// `envlock verify`: is this prefix that lock?
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "commands.h"
#include "environment_path.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/report/verify_report.h"
#include "envlock/spec/policy.h"
#include "lock_file.h"
#include "probe_gate.h"
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
  ProbeGateArgs gate;
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

/// Whether the packages and files are the lock's, as far as was proved. What lies about it (variables, bytecode) is
/// another matter.
bool holds_the_lock(const verify::Verification& verification) {
  return std::none_of(verification.findings.begin(), verification.findings.end(), [](const verify::Finding& finding) {
    return finding.weight == verify::Weight::fault && finding.group <= verify::Group::strangers;
  });
}

/// What the gate may ask of the lock. `packages` and `lock` must outlive it.
GateLock gate_lock(const LockTarget& lock, const std::filesystem::path& prefix, Packages& packages, bool holds) {
  GateLock gate{.file = lock.file, .variables = lock.set.variables, .locked_file = {}, .repair = {}, .holds = holds};
  gate.repair = core::printable("envlock install " + lock.file.string() + " -p " + prefix.string() + " --repair");
  gate.locked_file = [&lock, &packages](const std::string& name,
                                        const std::string& path) -> std::optional<std::filesystem::path> {
    for (const lock::InstallPackage& package : lock.platform.packages) {
      if (package.record.name != name || !package.record.sha256) continue;
      const auto archives = packages.archives({package.record}, {}, false);
      if (archives.empty()) return std::nullopt;
      const archive::Unpacked unpacked = packages.cache().unpack(archives.begin()->second, archives.begin()->first);
      const archive::UnpackedFile* file = unpacked.find(path);
      if (file == nullptr || !packages.cache().is_unchanged(unpacked, *file)) return std::nullopt;
      return unpacked.path_of(*file);
    }
    return std::nullopt;
  };
  return gate;
}

/// The command line wins over the envlock.toml beside the lock.
void settle_unknown_class(ProbeGateArgs& args, const std::filesystem::path& lock, core::Notes& notes) {
  if (!args.unknown_class.empty()) return;
  const std::filesystem::path file = lock.parent_path() / "envlock.toml";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return;
  args.unknown_class = spec::read_policy(file, notes).unknown_class_fails.value_or(false) ? "fail" : "notice";
}

verify::Weight weight_of(report::Kind kind) {
  switch (kind) {
    case report::Kind::error:
      return verify::Weight::fault;
    case report::Kind::warning:
      return verify::Weight::unknown;
    default:
      return verify::Weight::note;
  }
}

/// Nobody accepts what an environment computes that is not what the lock says.
void check_acceptable(const VerifyArgs& args, const verify::Verification& verification) {
  if (!args.gate.accept || verify::answer(verification, true) != verify::Answer::no) return;
  throw core::Error({.code = "probe-not-accepted",
                     .what = "the baseline was not written, because the environment is not what it should be",
                     .where = std::nullopt,
                     .why = {},
                     .hints = {"`envlock verify` says why; `envlock install --repair` puts it right"}});
}

Exit run_verify(VerifyArgs args, Out& out) {
  if (out.json && args.format != "text") {
    throw core::Error({.code = "invalid-argument",
                       .what = "`--json` and `--format " + args.format + "` ask for two documents",
                       .where = std::nullopt,
                       .why = {"one run writes one"},
                       .hints = {"give one of them"}});
  }
  std::optional<LockTarget> lock;
  args.target.may_lack = true;
  if (has_lock(args)) lock = choose_lock_target(args.target, out.notes);
  const bool probes = args.gate.probe || args.gate.accept || args.gate.portable;
  if (probes) settle_unknown_class(args.gate, lock ? lock->file : std::filesystem::path(), out.notes);
  const std::filesystem::path prefix = require_prefix(args.prefix);
  Session session = open_session(args.channel, out);
  Packages packages(session, lock ? lock->file.parent_path() : std::filesystem::path(), out);
  const std::string command = command_line(args, lock.has_value());
  verify::Verification verification = verify_prefix({.prefix = prefix,
                                                     .lock = lock ? &*lock : nullptr,
                                                     .accepted = args.accepted,
                                                     .depth = args.quick ? verify::Depth::quick : verify::Depth::full,
                                                     .fetch = args.fetch,
                                                     .threads = args.threads,
                                                     .installed_at = args.installed_at,
                                                     .command = command},
                                                    packages, session, out);
  std::optional<report::ProbeGate> gate;
  if (probes) {
    check_acceptable(args, verification);
    args.gate.command = command + " --probe";
    gate = run_probe_gate(prefix, lock ? gate_lock(*lock, prefix, packages, holds_the_lock(verification)) : GateLock{},
                          args.gate, out);
    for (report::GateFinding& finding : report::gate_findings(*gate)) {
      verification.findings.push_back({.weight = weight_of(finding.kind),
                                       .group = verify::Group::probe,
                                       .package = {},
                                       .path = {},
                                       .diagnostic = std::move(finding.diagnostic)});
    }
  }
  const report::VerifyReport report{.verification = &verification,
                                    .prefix = prefix.string(),
                                    .lock = lock ? lock->file.string() : "",
                                    .platform = lock ? lock->platform.platform.name : "",
                                    .allow_weak = args.allow_weak,
                                    .command = command,
                                    .gate = gate ? &*gate : nullptr};
  const Exit exit = exit_of(verify::answer(verification, args.allow_weak));
  const std::string probe_text = gate ? report::text_probe_gate(*gate, out.stdout_style()) + "\n" : "";
  std::string document;
  if (out.json) document = report::json_verify(report, out.notes.all());
  if (args.format == "junit") document = report::junit_verify(report);
  if (args.format == "sarif") document = report::sarif_verify(report, ENVLOCK_VERSION);
  if (document.empty()) {
    out.show_notes();
    if (!out.quiet || exit != Exit::yes) out.data(probe_text + report::text_verify(report, out.stdout_style()));
  } else if (!args.output.empty()) {
    core::write_file_atomically(args.output, document);
    out.show_notes();
    if (!out.quiet || exit != Exit::yes) out.data(probe_text + report::text_verify(report, out.stdout_style()));
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
  add_lock_argument(command, args->target, "the lock (default: envlock.lock, when there is one here)");
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
  command
      .add_flag("--probe", args->gate.probe,
                "also run the training probe: does the environment compute what was accepted?")
      ->group("Probe");
  command.add_flag("--accept", args->gate.accept, "write what it computes into the baseline, after review")
      ->group("Probe");
  command
      .add_flag("--portable", args->gate.portable,
                "propose variables with which more machines compute the same, and try them here")
      ->group("Probe");
  command
      .add_option("--baseline", args->gate.baseline,
                  "the accepted digests (default: envlock.baseline.json beside the lock)")
      ->type_name("FILE")
      ->group("Probe");
  command
      .add_option("--unknown-class", args->gate.unknown_class,
                  "notice or fail: what to say of hardware that the baseline does not know (default: that of "
                  "envlock.toml, else notice)")
      ->type_name("WORD")
      ->check(CLI::IsMember({"notice", "fail"}))
      ->group("Probe");
  command.add_option("--probe-threads", args->gate.threads, "threads for the numerical libraries (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""))
      ->group("Probe");
  command.add_option("--probe-repeat", args->gate.repeat, "repeat each part in so many fresh processes (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(0, 100).description(""))
      ->group("Probe");
  command
      .add_option("--probe-timeout", args->gate.most_seconds,
                  "how long one library may take; python has three times that (default: 60)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 86400.0).description(""))
      ->group("Probe");
  command
      .add_option("--explain", args->gate.explain_seconds,
                  "how long to look for the cause of a difference by replays (default: 20; 0: not at all)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 3600.0).description(""))
      ->group("Probe");
  add_transport_options(command, args->channel);
  command.add_option("--threads", args->threads, "threads to use (default: one per core); never changes the result")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""))
      ->group("Advanced");
}

}  // namespace envlock::tools
