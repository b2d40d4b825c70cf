// `envlock snapshot`: what an environment and a machine are, as one document to keep, mail and compare.
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "environment_path.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/report/snapshot_report.h"
#include "envlock/snapshot/snapshot.h"
#include "remote_snapshot.h"
#include "snapshot_probe.h"

namespace envlock::tools {
namespace {

struct SnapshotArgs {
  std::string place;  ///< the argument: a prefix, or ssh://...
  PrefixArgs prefix;
  std::string output;
  bool no_roots = false;
  bool no_machine = false;
  SnapshotProbeArgs probe;
};

[[noreturn]] void refuse_both(const std::string& first, const std::string& second) {
  throw core::Error({.code = "invalid-argument",
                     .what = "`" + core::printable(first) + "` and `" + second + "` both name an environment",
                     .where = std::nullopt,
                     .why = {},
                     .hints = {"give one of them"}});
}

/// The argument in its place: PREFIX is what -p gives.
SnapshotArgs arranged(SnapshotArgs args) {
  if (!args.place.empty() && !args.prefix.prefix.empty()) refuse_both(args.place, "-p");
  if (is_remote(args.prefix.prefix)) std::swap(args.place, args.prefix.prefix);
  if (!args.place.empty() && !is_remote(args.place)) std::swap(args.prefix.prefix, args.place);
  return args;
}

snapshot::Snapshot take_remote(const SnapshotArgs& args, Out& out) {
  const RemotePlace place = parse_remote(args.place);
  if (!place.prefix.empty() && !args.prefix.name.empty()) refuse_both(args.place, "-n");
  std::vector<std::string> words;
  if (args.no_roots) words.emplace_back("--no-roots");
  if (args.no_machine) words.emplace_back("--no-machine");
  if (args.probe.probe) {
    words.insert(words.end(), {"--probe", "--probe-threads", std::to_string(args.probe.threads), "--probe-repeat",
                               std::to_string(args.probe.repeat)});
  }
  if (!args.prefix.name.empty()) words.insert(words.end(), {"-n", args.prefix.name});
  return take_remote_snapshot(place, words, out.notes);
}

snapshot::Snapshot take_here(const SnapshotArgs& args, Out& out) {
  const std::optional<std::filesystem::path> prefix =
      args.no_machine ? std::optional(require_prefix(args.prefix)) : find_prefix(args.prefix);
  snapshot::Snapshot taken;
  if (prefix) {
    const snapshot::Roots roots = args.no_roots ? snapshot::Roots::skip : snapshot::Roots::compute;
    taken.environment = snapshot::capture_environment(*prefix, roots, *out.progress(), out.notes);
  } else {
    out.notes.note({.code = "machine-only",
                    .what = "no environment is named and none is active, so the snapshot holds the machine alone",
                    .where = std::nullopt,
                    .why = {},
                    .hints = {"give one with `-p PREFIX` or `-n NAME`"}});
  }
  if (!args.no_machine) taken.machine = snapshot::capture_machine(out.notes);
  if (args.probe.probe) taken.computed = compute_for_snapshot(prefix, args.probe, out);
  return taken;
}

Exit run_snapshot(const SnapshotArgs& given, Out& out) {
  const SnapshotArgs args = arranged(given);
  const snapshot::Snapshot taken = is_remote(args.place) ? take_remote(args, out) : take_here(args, out);
  const std::string document = snapshot::format(taken);
  if (!args.output.empty()) core::write_file_atomically(args.output, document);
  if (args.output.empty() || out.json) out.data(document);
  out.show_notes();
  out.words(report::text_snapshot(taken, out.stderr_style()));
  if (!args.output.empty()) out.words("written to " + core::printable(args.output) + "\n");
  return Exit::yes;
}

}  // namespace

void add_snapshot(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<SnapshotArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "snapshot",
       .purpose = "Write down what an environment and this machine are, to compare or to mail",
       .synopsis = "envlock snapshot [PREFIX | ssh://[USER@]HOST[:PORT]/PREFIX] [options]",
       .details =
           "The document goes to standard output: packages with roots that do not depend on where the environment\n"
           "lies, the numerical libraries that are really there, processor, memory, driver, GPUs, and the variables\n"
           "that change what is computed. It holds no secret, no user's or machine's name and no path outside the\n"
           "environment. Without PREFIX the active environment is taken, else `.envlock/env` here, else the machine\n"
           "alone. With ssh:// the envlock of that machine answers. --probe adds what they compute: it runs the\n"
           "environment's libraries and its python, each in a process of its own.",
       .examples = {"# what do I run?\nenvlock snapshot -o laptop.json",
                    "# and the cluster?\nenvlock snapshot ssh://cluster/~/envs/train -o cluster.json\n"
                    "envlock diff laptop.json cluster.json",
                    "# do both compute the same?\nenvlock snapshot --probe -o node.json",
                    "# quickly, without reading the files of the packages\nenvlock snapshot -n train --no-roots"}},
      [args](Out& out) { return run_snapshot(*args, out); });
  command.add_option("PREFIX", args->place, "the folder of an environment, here or on another machine");
  add_prefix_options(command, args->prefix);
  command.add_flag("--no-roots", args->no_roots, "do not read the files of packages: quick, and without proof")
      ->group("Environment");
  command.add_flag("--no-machine", args->no_machine, "leave the machine out")->group("Environment");
  command.add_flag("--probe", args->probe.probe, "also run the training probe: the digests of what is computed")
      ->group("Probe");
  command.add_option("--probe-threads", args->probe.threads, "threads for the numerical libraries (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""))
      ->group("Probe");
  command.add_option("--probe-repeat", args->probe.repeat, "repeat each part in so many fresh processes (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(0, 100).description(""))
      ->group("Probe");
  command
      .add_option("--probe-timeout", args->probe.most_seconds,
                  "how long one library may take; python has three times that (default: 60)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 86400.0).description(""))
      ->group("Probe");
  command.add_option("-o,--output", args->output, "write the document there, not to standard output")
      ->type_name("FILE")
      ->group("Output");
}

}  // namespace envlock::tools
