#include "envlock/pypi/requirement.h"

#include <algorithm>

#include "envlock/core/text.h"
#include "mend_specifiers.h"
#include "requirement_scanner.h"

namespace envlock::pypi {
namespace {

/// "'numpy' >=1.19.*; marker" as "numpy >=1.19; marker". A URL is left alone, and so is a marker.
std::string mend_requirement(std::string_view text) {
  const std::size_t semicolon = std::min(text.find(';'), text.size());
  std::string head(text.substr(0, semicolon));
  if (head.find('@') != std::string::npos) return std::string(text);
  std::erase_if(head, [](char c) { return c == '\'' || c == '"'; });
  const std::size_t clauses = std::min(head.find_first_of("(<>=!~"), head.size());
  return head.substr(0, clauses) + mend_specifiers(std::string_view(head).substr(clauses)) +
         std::string(text.substr(semicolon));
}

}  // namespace

Requirement Requirement::parse(std::string_view text) {
  Requirement requirement;
  if (const std::optional<RequirementProblem> problem = scan_requirement(text, requirement)) {
    throw_invalid(problem->code, problem->is_not, text, problem->problem, problem->hint);
  }
  return requirement;
}

std::optional<Requirement> Requirement::parse_leniently(std::string_view text) {
  std::optional<Requirement> requirement(std::in_place);
  if (!scan_requirement(text, *requirement)) return requirement;
  if (scan_requirement(mend_requirement(text), *requirement)) return std::nullopt;
  return requirement;
}

std::string Requirement::format() const {
  std::string text = name;
  if (!extras.empty()) text += '[' + core::join(extras, ",") + ']';
  text += url.empty() ? specifiers.format() : " @ " + url;
  if (!marker.always()) text += " ; " + marker.format();
  return text;
}

}  // namespace envlock::pypi
