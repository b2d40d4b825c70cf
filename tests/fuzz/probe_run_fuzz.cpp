// A run's document: an Error, or a document that is written as it is read, equals itself and can be drawn in every way.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/compare.h"
#include "envlock/probe/run_document.h"
#include "envlock/report/probe_report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const probe::RunDocument document = probe::parse_run_document(text, "fuzz");
    if (!probe::is_run_document(text) && text.find('\\') == std::string_view::npos) std::abort();
    const std::string written = probe::format(document);
    if (probe::format(probe::parse_run_document(written, "fuzz")) != written) std::abort();
    const std::vector<std::string> names = {"a", "b"};
    const std::vector<probe::RunDocument> documents = {document, document};
    const probe::RunComparison comparison = probe::compare(document, document);
    if (!comparison.equal()) std::abort();
    const report::Style style;
    const std::string drawn =
        report::text_probe_run(document, style) + report::text_probe_comparison(names, documents, comparison, style) +
        report::text_probe_groups(names, documents, probe::group(documents), style) +
        report::json_probe_comparison(names, documents, comparison, {}) + report::html_probe(names, documents);
    if (!core::is_valid_utf8(drawn) || drawn.find('\x1b') != std::string::npos) std::abort();
  } catch (const core::Error& error) {
    if (error.diagnostics().front().code.rfind("probe-run-", 0) != 0) std::abort();
  }
  return 0;
}
