#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/report/verify_report.h"
#include "verify_words.h"

namespace envlock::report {
namespace {

/// U+FFFE and U+FFFF are fit for people's eyes, and forbidden in XML 1.0.
std::string without_noncharacters(std::string text) {
  for (const auto& [bytes, shown] : {std::pair{"\xEF\xBF\xBE", "\\u{FFFE}"}, std::pair{"\xEF\xBF\xBF", "\\u{FFFF}"}}) {
    for (std::size_t at = text.find(bytes); at != std::string::npos; at = text.find(bytes, at))
      text.replace(at, 3, shown);
  }
  return text;
}

/// For XML 1.0: what it does not allow is escaped for people first.
std::string escaped(const std::string& raw) {
  std::string out;
  for (const char c : without_noncharacters(core::printable(core::without_secrets(raw), 100'000))) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// The lines of a diagnostic, one each.
std::string body_of(const core::Diagnostic& diagnostic) {
  std::string body;
  for (const std::string& fact : diagnostic.why) body += escaped(fact) + "\n";
  for (const std::string& hint : diagnostic.hints) body += "help: " + escaped(hint) + "\n";
  return body;
}

struct Case {
  std::string suite;
  std::string name;
  std::vector<const verify::Finding*> findings;
  std::string weak;  ///< why its proof is not enough; ""
};

/// Findings of a package stand with it, all others with their group.
std::vector<Case> make_cases(const VerifyReport& report) {
  const verify::Verification& verification = *report.verification;
  std::vector<Case> cases;
  std::vector<char> is_told(verification.findings.size());
  for (const verify::PackageVerdict& package : verification.packages) {
    Case one{"envlock.packages." + name_of(package.kind), title_of(package), {}, {}};
    for (std::size_t i = 0; i < verification.findings.size(); ++i) {
      const verify::Finding& finding = verification.findings[i];
      const bool is_pypi = finding.group == verify::Group::distributions;
      if (finding.package != package.name || is_pypi != (package.kind == verify::PackageKind::pypi)) continue;
      one.findings.push_back(&finding);
      is_told[i] = 1;
    }
    if (is_weak(package) && weak_counts(report)) one.weak = package.weak_reason;
    cases.push_back(std::move(one));
  }
  for (const verify::Group group : all_groups()) {
    if (group == verify::Group::probe && report.gate == nullptr) continue;  // what was not asked is no test that passed
    Case one{"envlock.groups", name_of(group), {}, {}};
    for (std::size_t i = 0; i < verification.findings.size(); ++i) {
      if (verification.findings[i].group == group && is_told[i] == 0) one.findings.push_back(&verification.findings[i]);
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

std::size_t count(const Case& one, verify::Weight weight) {
  std::size_t found = 0;
  for (const verify::Finding* finding : one.findings) found += finding->weight == weight ? 1 : 0;
  return found;
}

bool is_error(const Case& one) {
  return count(one, verify::Weight::fault) == 0 && (count(one, verify::Weight::unknown) > 0 || !one.weak.empty());
}

/// One element: readers of JUnit expect one failure or error in a case. It lists all that led to it.
std::string draw_outcome(const Case& one) {
  const bool is_failure = count(one, verify::Weight::fault) > 0;
  if (!is_failure && !is_error(one)) return {};
  const char* element = is_failure ? "failure" : "error";
  std::string code, message, body;
  for (const verify::Finding* finding : one.findings) {
    if (finding->weight == verify::Weight::note) continue;
    if (code.empty()) code = finding->diagnostic.code, message = finding->diagnostic.what;
    body += finding->diagnostic.code + ": " + escaped(finding->diagnostic.what) + "\n" + body_of(finding->diagnostic);
  }
  if (!one.weak.empty()) {
    if (code.empty()) code = "weak-proof", message = "the proof is weak: " + one.weak;
    body += "weak-proof: " + escaped(one.weak) + "\n";
  }
  return fmt::format("      <{} type=\"{}\" message=\"{}\">{}</{}>\n", element, code, escaped(message), body, element);
}

std::string draw_notes(const Case& one) {
  std::string notes;
  for (const verify::Finding* finding : one.findings) {
    if (finding->weight != verify::Weight::note) continue;
    notes += finding->diagnostic.code + ": " + escaped(finding->diagnostic.what) + "\n" + body_of(finding->diagnostic);
  }
  return notes.empty() ? notes : "      <system-out>" + notes + "</system-out>\n";
}

std::string draw(const Case& one) {
  const std::string head =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\"", escaped(one.suite), escaped(one.name));
  const std::string inner = draw_outcome(one) + draw_notes(one);
  return inner.empty() ? head + "/>\n" : head + ">\n" + inner + "    </testcase>\n";
}

}  // namespace

std::string junit_verify(const VerifyReport& report) {
  const std::vector<Case> cases = make_cases(report);
  std::size_t failures = 0, errors = 0;
  std::string body;
  for (const Case& one : cases) {
    failures += count(one, verify::Weight::fault) > 0 ? 1 : 0;
    errors += is_error(one) ? 1 : 0;
    body += draw(one);
  }
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", cases.size(), failures, errors);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " + counts +
         ">\n  <testsuite name=\"envlock verify\" " + counts +
         fmt::format(" skipped=\"0\" time=\"{:.3f}\">\n", report.verification->tally.seconds) + body +
         "  </testsuite>\n</testsuites>\n";
}

}  // namespace envlock::report
