// `envlock probe`: the training run whose every bit is specified.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli_options.h"
#include "commands.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/probe/compare.h"
#include "envlock/report/probe_report.h"
#include "envlock/report/probe_soak_report.h"
#include "probe_args.h"
#include "probe_devices.h"
#include "probe_reference.h"
#include "probe_soak.h"

namespace envlock::tools {
namespace {

constexpr std::string_view kDevicePlaceholder = "{device}";
constexpr int kMostSteps = 1000000;      // a size says how many it has; this only keeps nonsense out
constexpr double kShortestSoak = 0.001;  // seconds
constexpr double kLongestSoak = 1e7;

/// The action, and the files that only `show` takes.
void check_action(const ProbeArgs& args) {
  const auto refuse = [](const std::string& what, const std::string& hint) {
    throw core::Error({.code = "invalid-argument", .what = what, .where = std::nullopt, .why = {}, .hints = {hint}});
  };
  const std::vector<std::string> actions = {"run", "show", "devices"};
  if (std::find(actions.begin(), actions.end(), args.action) == actions.end()) {
    const std::optional<std::string> meant = core::closest_match(args.action, actions);
    refuse("`" + core::printable(args.action) + "` is nothing that `envlock probe` does",
           meant ? "did you mean `envlock probe " + *meant + "`?" : "it does `run`, `show` and `devices`");
  }
  if (args.action == "show" && args.files.empty()) {
    refuse("`envlock probe show` needs a document", "write `envlock probe show RUN.json`");
  }
  if (args.action != "show" && !args.files.empty()) {
    refuse("`" + core::printable(args.files.front()) + "` is one argument too many for `envlock probe " + args.action +
               "`",
           "to compare documents of runs: `envlock diff A.json B.json`");
  }
}

void write_outputs(const ProbeArgs& args, const std::vector<std::string>& names,
                   const std::vector<probe::RunDocument>& documents) {
  if (!args.output.empty()) {
    for (const probe::RunDocument& document : documents) {
      std::string file = args.output;
      if (const std::size_t at = file.find(kDevicePlaceholder); at != std::string::npos) {
        std::string device = document.facts.device;
        std::replace(device.begin(), device.end(), ':', '-');
        file.replace(at, kDevicePlaceholder.size(), device);
      } else if (documents.size() > 1) {
        throw core::Error({.code = "invalid-argument",
                           .what = "several devices ran, and `--output` names one file",
                           .where = std::nullopt,
                           .why = {},
                           .hints = {"write `-o 'run-{device}.json'`"}});
      }
      core::write_file_atomically(file, probe::format(document));
    }
  }
  if (!args.html.empty()) core::write_file_atomically(args.html, report::html_probe(names, documents));
}

Exit exit_of(const std::vector<probe::RunDocument>& documents) {
  const bool all_good = std::all_of(documents.begin(), documents.end(), [](const probe::RunDocument& document) {
    return document.verdict == probe::Verdict::as_specified;
  });
  return all_good ? Exit::yes : Exit::no;
}

/// Writes files, then shows one document whole, or several and how they group.
Exit tell(const ProbeArgs& args, const std::vector<std::string>& names,
          const std::vector<probe::RunDocument>& documents, Out& out) {
  write_outputs(args, names, documents);
  const Exit exit = exit_of(documents);
  if (documents.size() == 1) {
    out.data(out.json ? probe::format(documents.front())
                      : report::text_probe_run(documents.front(), out.stdout_style()));
    return exit;
  }
  const probe::RunGroups groups = probe::group(documents);
  if (out.json) {
    out.data(report::json_probe_groups(names, documents, groups, out.notes.all()));
  } else {
    for (const probe::RunDocument& document : documents) {
      out.data(report::text_probe_run(document, out.stdout_style()) + "\n");
    }
    out.data(report::text_probe_groups(names, documents, groups, out.stdout_style()));
  }
  return groups.groups.size() > 1 ? Exit::no : exit;
}

Exit run_probe_run(const ProbeArgs& args, Out& out) {
  const probe::Plan plan = probe::make_plan(probe::find_size(args.size));
  const std::vector<ProbeDevice> devices = choose_devices(args);
  if (args.soak_seconds > 0) return run_probe_soak(args, devices, plan, out);
  std::vector<std::string> names;
  std::vector<probe::RunDocument> documents;
  for (const ProbeDevice& device : devices) {
    names.push_back(device.name);
    documents.push_back(run_reference(args, device, plan, out));
  }
  return tell(args, names, documents, out);
}

Exit run_probe_show(const ProbeArgs& args, Out& out) {
  std::vector<probe::RunDocument> documents;
  for (const std::string& file : args.files) {
    documents.push_back(probe::parse_run_document(core::read_file(file), file));
  }
  return tell(args, args.files, documents, out);
}

Exit run_probe(const ProbeArgs& args, Out& out) {
  check_action(args);
  if (args.action == "run") return run_probe_run(args, out);
  if (args.action == "show") return run_probe_show(args, out);
  ProbeArgs all = args;
  std::vector<ProbeDevice> devices;
  try {
    all.device = "all";
    devices = choose_devices(all);
  } catch (const core::Error& error) {
    for (const core::Diagnostic& diagnostic : error.diagnostics()) out.notes.note(diagnostic);
    all.device = "cpu";
    devices = choose_devices(all);
  }
  std::vector<probe::Facts> facts;
  for (const ProbeDevice& device : devices) facts.push_back(device.facts);
  out.data(out.json ? report::json_probe_devices(facts, out.notes.all())
                    : report::text_probe_devices(facts, out.stdout_style()));
  return Exit::yes;
}

}  // namespace

void add_probe(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<ProbeArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "probe",
       .purpose = "Run a tiny Transformer training whose every bit is specified, and compare",
       .synopsis = "envlock probe run|devices|show [options]",
       .details =
           "`run` trains a small model with envlock's own kernels, hashes every tensor of every step and holds the\n"
           "digests against those that docs/probe-spec.md fixes; then it does so again in a fresh process. Every\n"
           "machine that computes right gives the same digests. Exit code 1 when one differs: then the step, the\n"
           "operation and the element are named, and what the cause may be. `show` reads a saved run; `devices`\n"
           "lists what can run it. `envlock diff A.json B.json` compares runs of several machines.",
       .examples = {"# does this machine compute what it should?\nenvlock probe run",
                    "# keep the run, to compare it with another machine's\nenvlock probe run -o here.json",
                    "# the first GPU, the larger model, and a page to look at\n"
                    "envlock probe run --device cuda:0 --size gpu --html probe.html",
                    "# an hour on every core, every digest checked\nenvlock probe run --soak 3600",
                    "# a drill: flip a bit and see how it would be told\nenvlock probe run --drill 7:fwd.1.mlp.up"}},
      [args](Out& out) { return run_probe(*args, out); });
  command.add_option("ACTION", args->action, "run, show or devices")->required();
  command.add_option("FILE", args->files, "saved runs, for show");
  command.add_option("--size", args->size, "quick, standard or gpu (default: quick)")->type_name("SIZE")->group("Run");
  command.add_option("--device", args->device, "cpu, cuda:N, or all: the processor and every GPU (default: cpu)")
      ->type_name("DEVICE")
      ->group("Run");
  command.add_option("--threads", args->threads, "how many threads compute (default: as many as are useful)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""))
      ->group("Run");
  command
      .add_option("--isa", args->isa,
                  "the kernels to use: scalar, avx2, avx512, neon (default: the fastest that this machine has)")
      ->type_name("ISA")
      ->group("Run");
  command.add_option("--steps", args->steps, "stop after so many steps (default: all 20)")
      ->type_name("N")
      ->check(CLI::Range(1, kMostSteps).description(""))
      ->group("Run");
  command.add_option("--repeat", args->repeat, "repeat it in so many fresh processes (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(0, 100).description(""))
      ->group("Run");
  command
      .add_option("--soak", args->soak_seconds,
                  "run on every core, or on every multiprocessor, for so long, every digest checked")
      ->type_name("SECONDS")
      ->check(CLI::Range(kShortestSoak, kLongestSoak).description(""))
      ->group("Run");
  command.add_option("--drill", args->drill, "flip one bit of this run: STEP:OP[:ELEMENT[:BIT]], to see a finding")
      ->type_name("PLACE")
      ->group("Run");
  add_list_option(command, "--dump", args->dumps, "keep the bits of a tensor, as in 7:fwd.1.mlp.up; may be repeated")
      ->type_name("STEP:OP")
      ->group("Run");
  command.add_option("-o,--output", args->output, "write the run's document; {device} stands for the device")
      ->type_name("FILE")
      ->group("Output");
  command.add_option("--html", args->html, "write a page with curves and maps")->type_name("FILE")->group("Output");
}

}  // namespace envlock::tools
