// `envlock diff`: where two things that should be alike part.
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/probe/compare.h"
#include "envlock/report/probe_report.h"

namespace envlock::tools {
namespace {

struct DiffArgs {
  std::vector<std::string> files;
  std::string html;
};

std::vector<probe::RunDocument> read_runs(const DiffArgs& args) {
  std::vector<probe::RunDocument> documents;
  std::vector<core::Diagnostic> errors;
  for (const std::string& file : args.files) {
    try {
      documents.push_back(probe::parse_run_document(core::read_file(file), file));
    } catch (const core::Error& error) {
      errors.insert(errors.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!errors.empty()) throw core::Error(std::move(errors));
  return documents;
}

Exit compare_two(const DiffArgs& args, const std::vector<probe::RunDocument>& documents, Out& out) {
  const probe::RunComparison comparison = probe::compare(documents[0], documents[1]);
  out.data(out.json ? report::json_probe_comparison(args.files, documents, comparison, out.notes.all())
                    : report::text_probe_comparison(args.files, documents, comparison, out.stdout_style()));
  return comparison.equal() ? Exit::yes : Exit::no;
}

Exit group_many(const DiffArgs& args, const std::vector<probe::RunDocument>& documents, Out& out) {
  const probe::RunGroups groups = probe::group(documents);
  out.data(out.json ? report::json_probe_groups(args.files, documents, groups, out.notes.all())
                    : report::text_probe_groups(args.files, documents, groups, out.stdout_style()));
  return groups.groups.size() == 1 ? Exit::yes : Exit::no;
}

Exit run_diff(const DiffArgs& args, Out& out) {
  if (args.files.size() < 2) {
    throw core::Error({.code = "missing-argument",
                       .what = "`envlock diff` needs at least two documents",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {"write `envlock diff A.json B.json`"}});
  }
  const std::vector<probe::RunDocument> documents = read_runs(args);
  if (!args.html.empty()) core::write_file_atomically(args.html, report::html_probe(args.files, documents));
  return documents.size() == 2 ? compare_two(args, documents, out) : group_many(args, documents, out);
}

}  // namespace

void add_diff(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<DiffArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "diff",
       .purpose = "Tell where runs of the probe part, or sort several into groups that agree",
       .synopsis = "envlock diff A B [C...] [--html FILE]",
       .details =
           "Reads documents that `envlock probe run -o FILE` wrote and checks them: a digest that was edited is\n"
           "found. Two runs: the first step, operation and element that differ. Three or more: the groups of\n"
           "equal runs, and the odd one out. Exit code 1 when they are not all equal.",
       .examples = {"# does the cluster compute what my laptop computes?\nenvlock diff laptop.json cluster.json",
                    "# which of the nodes is the odd one out?\nenvlock diff node-*.json --html nodes.html"}},
      [args](Out& out) { return run_diff(*args, out); });
  command.add_option("FILE", args->files, "documents of `envlock probe run -o`");
  command.add_option("--html", args->html, "write a page with curves and maps")->type_name("FILE")->group("Output");
}

}  // namespace envlock::tools
