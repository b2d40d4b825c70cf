#include "diff_runs.h"

#include <utility>

#include "envlock/core/file.h"
#include "envlock/probe/compare.h"
#include "envlock/report/probe_report.h"

namespace envlock::tools {
namespace {

std::vector<probe::RunDocument> read_runs(const std::vector<DiffSource>& sources) {
  std::vector<probe::RunDocument> documents;
  std::vector<core::Diagnostic> errors;
  for (const DiffSource& source : sources) {
    errors.insert(errors.end(), source.errors.begin(), source.errors.end());
    if (!source.errors.empty()) continue;
    try {
      documents.push_back(probe::parse_run_document(source.text, source.label));
    } catch (const core::Error& error) {
      errors.insert(errors.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!errors.empty()) throw core::Error(std::move(errors));
  return documents;
}

}  // namespace

Exit compare_runs(const std::vector<DiffSource>& sources, const std::string& html, Out& out) {
  const std::vector<probe::RunDocument> documents = read_runs(sources);
  std::vector<std::string> labels;
  for (const DiffSource& source : sources) labels.push_back(source.label);
  if (!html.empty()) core::write_file_atomically(html, report::html_probe(labels, documents));
  if (documents.size() == 2) {
    const probe::RunComparison comparison = probe::compare(documents[0], documents[1]);
    out.data(out.json ? report::json_probe_comparison(labels, documents, comparison, out.notes.all())
                      : report::text_probe_comparison(labels, documents, comparison, out.stdout_style()));
    return comparison.equal() ? Exit::yes : Exit::no;
  }
  const probe::RunGroups groups = probe::group(documents);
  out.data(out.json ? report::json_probe_groups(labels, documents, groups, out.notes.all())
                    : report::text_probe_groups(labels, documents, groups, out.stdout_style()));
  return groups.groups.size() == 1 ? Exit::yes : Exit::no;
}

}  // namespace envlock::tools
