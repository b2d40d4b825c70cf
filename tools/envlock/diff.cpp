// `envlock diff`: where two things that should be alike part.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <set>

#include "cli_options.h"
#include "commands.h"
#include "diff_runs.h"
#include "diff_sources.h"
#include "envlock/core/text.h"
#include "envlock/diff/diff.h"
#include "envlock/report/diff_report.h"

namespace envlock::tools {
namespace {

struct DiffArgs {
  std::vector<std::string> files;
  std::string html;
  std::vector<std::string> platforms;
  std::string environment;
  std::vector<std::string> fail_on;
  std::string format;
  bool all = false;
};

core::Error invalid_argument(std::string what, std::string hint) {
  return core::Error({.code = "invalid-argument",
                      .what = std::move(what),
                      .where = std::nullopt,
                      .why = {},
                      .hints = {std::move(hint)}});
}

/// --json and --format are one choice. Sets out.json.
void settle_format(DiffArgs& args, Out& out) {
  if (args.format.empty()) args.format = out.json ? "json" : "text";
  if (args.format != "text" && args.format != "markdown" && args.format != "json") {
    throw invalid_argument("`--format " + core::printable(args.format) + "` is no format",
                           "there are text, markdown and json");
  }
  if (out.json && args.format != "json") {
    throw invalid_argument("`--json` and `--format " + args.format + "` exclude each other", "leave one out");
  }
  out.json = args.format == "json";
}

core::Error mixed(const std::vector<DiffSource>& sources) {
  const auto run = std::find_if(sources.begin(), sources.end(), [](const DiffSource& each) { return each.is_run; });
  const auto other = std::find_if(sources.begin(), sources.end(), [](const DiffSource& each) { return !each.is_run; });
  return core::Error({.code = "diff-mixed",
                      .what = "a run of the probe cannot be compared with packages",
                      .where = std::nullopt,
                      .why = {core::printable(run->label) + " is a run of the probe",
                              core::printable(other->label) + " tells packages or a machine"},
                      .hints = {"compare runs with runs, and locks, environments and snapshots with each other"}});
}

/// A rule that names no package there is was probably meant to be another word.
void check_rules(const diff::Policy& policy, const std::vector<diff::Inventory>& inventories, core::Notes& notes) {
  const std::vector<std::string> words{"major",     "minor", "downgrade", "channel", "cuda",
                                       "cpu-build", "hash",  "added",     "removed", "any"};
  std::set<std::string_view> names;
  for (const diff::Inventory& inventory : inventories) {
    for (const auto& platform : inventory.platforms) {
      for (const diff::Item& item : platform.items) names.insert(item.name);
    }
  }
  for (const std::string& word : policy.words) {
    const bool is_rule = std::find(words.begin(), words.end(), word) != words.end();
    if (is_rule || word.find_first_of("*?") != std::string::npos || names.contains(word)) continue;
    if (const std::optional<std::string> meant = core::closest_match(word, words)) {
      throw invalid_argument("`--fail-on " + word + "` is no rule, and no package has that name",
                             "did you mean `--fail-on " + *meant + "`?");
    }
    notes.warning({.code = "fail-on-idle",
                   .what = "`--fail-on " + word + "` names a package that is on no side",
                   .where = std::nullopt,
                   .why = {},
                   .hints = {}});
  }
}

report::DiffReport make_report(const std::vector<diff::Inventory>& inventories, const diff::Policy& policy) {
  report::DiffReport report;
  for (const diff::Inventory& inventory : inventories) report.labels.push_back(inventory.label);
  if (inventories.size() == 2) {
    report.differences.push_back(diff::compare(inventories[0], inventories[1]));
    report.groups = report.differences.front().empty() ? std::vector<std::vector<std::size_t>>{{0, 1}}
                                                       : std::vector<std::vector<std::size_t>>{{0}, {1}};
  } else {
    report.groups = diff::group(inventories);
    for (std::size_t i = 1; i < report.groups.size(); ++i) {
      report.differences.push_back(
          diff::compare(inventories[report.groups.front().front()], inventories[report.groups[i].front()]));
    }
  }
  report.fail_on = policy.words;
  for (const diff::Diff& difference : report.differences) {
    std::vector<core::Diagnostic> hits = diff::check(difference, policy);
    report.forbidden.insert(report.forbidden.end(), std::make_move_iterator(hits.begin()),
                            std::make_move_iterator(hits.end()));
  }
  return report;
}

Exit compare_inventories(const DiffArgs& args, const std::vector<DiffSource>& sources, Out& out) {
  if (!args.html.empty()) {
    throw invalid_argument("`--html` is for runs of the probe", "`--format markdown` makes a page of packages");
  }
  const diff::Policy policy = diff::parse_policy(args.fail_on);
  const std::vector<diff::Inventory> inventories =
      read_inventories(sources, {args.environment, args.platforms}, *out.progress(), out.notes);
  check_rules(policy, inventories, out.notes);
  const report::DiffReport report = make_report(inventories, policy);
  if (args.format == "json") {
    out.data(report::json_diff(report, out.notes.all()));
  } else if (args.format == "markdown") {
    out.data(report::markdown_diff(report));
  } else {
    out.data(report::text_diff(report, out.stdout_style(), args.all ? report::Rows::all : report::Rows::few));
  }
  out.show_notes();
  for (const core::Diagnostic& diagnostic : report.forbidden) out.show(diagnostic, report::Kind::error);
  if (!policy.words.empty()) return report.forbidden.empty() ? Exit::yes : Exit::no;
  return report.equal() ? Exit::yes : Exit::no;
}

Exit run_diff(DiffArgs args, Out& out) {
  settle_format(args, out);
  if (args.files.size() < 2) {
    throw core::Error({.code = "missing-argument",
                       .what = "`envlock diff` needs at least two documents",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {"write `envlock diff A B`, such as `envlock diff HEAD:envlock.lock envlock.lock`"}});
  }
  const std::vector<DiffSource> sources = read_diff_sources(args.files);
  const bool has_runs = std::any_of(sources.begin(), sources.end(), [](const auto& each) { return each.is_run; });
  if (!has_runs) return compare_inventories(args, sources, out);
  const bool is_mixed = std::any_of(sources.begin(), sources.end(), [](const DiffSource& each) {
    return each.prefix || (!each.is_run && diff::is_inventory(each.text));
  });
  if (is_mixed) throw mixed(sources);
  if (!args.fail_on.empty() || !args.platforms.empty() || !args.environment.empty() || args.format == "markdown") {
    throw invalid_argument("`--fail-on`, `-p`, `--environment` and `--format markdown` are for packages, not for runs",
                           "leave them out");
  }
  return compare_runs(sources, args.html, out);
}

}  // namespace

void add_diff(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<DiffArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "diff",
       .purpose = "Tell how locks, environments, machines or runs of the probe differ",
       .synopsis = "envlock diff A B [C...] [options]",
       .details =
           "Each is an envlock.lock, an @EXPLICIT list, a conda-lock.yml, a pixi.lock, the folder of an\n"
           "environment, a snapshot, REV:PATH in git, or - for standard input. Packages are compared platform by\n"
           "platform: what was asked for first, then what that brought about and why. Three or more are sorted\n"
           "into groups of equal ones. Runs of `envlock probe run -o FILE` are compared with each other: the\n"
           "first step, operation and element that differ.\n"
           "Exit code 1 when they differ; with --fail-on only when a rule hits.",
       .examples = {"# what does this branch change?\nenvlock diff main:envlock.lock envlock.lock",
                    "# the same as a comment for the pull request, and no major versions unseen\n"
                    "envlock diff origin/main:envlock.lock envlock.lock --format markdown --fail-on major,cpu-build",
                    "# is this environment what the lock says?\nenvlock diff envlock.lock \"$CONDA_PREFIX\"",
                    "# which of the nodes is the odd one out?\nenvlock diff node-*.json"}},
      [args](Out& out) { return run_diff(*args, out); });
  command.add_option("FILE", args->files, "what to compare: locks, environments, snapshots, REV:PATH, or runs");
  add_list_option(command, "-p,--platform", args->platforms, "only this platform; may be repeated (default: all)")
      ->type_name("PLATFORM")
      ->group("Packages");
  command.add_option("--environment", args->environment, "which environment of a pixi.lock (default: `default`)")
      ->type_name("NAME")
      ->group("Packages");
  add_list_option(command, "--fail-on", args->fail_on,
                  "exit 1 only for: major, minor, downgrade, channel, cuda, cpu-build, hash, added, removed, any, or "
                  "names of packages such as torch*; may be repeated or hold several with commas")
      ->type_name("RULE")
      ->group("Packages");
  command.add_option("--format", args->format, "text, markdown (a comment for a pull request) or json")
      ->type_name("FORMAT")
      ->group("Output");
  command.add_flag("--all", args->all, "text: every row, however many")->group("Output");
  command.add_option("--html", args->html, "of runs: write a page with curves and maps")
      ->type_name("FILE")
      ->group("Output");
}

}  // namespace envlock::tools
