#include "mend_specifiers.h"

#include <algorithm>
#include <vector>

#include "ascii.h"
#include "envlock/core/text.h"
#include "specifiers_scanner.h"
#include "version_scanner.h"

namespace envlock::pypi {
namespace {

bool is_operator_sign(char c) {
  return c == '<' || c == '>' || c == '=' || c == '!' || c == '~';
}

/// "'>=2.7'" is ">=2.7".
std::string without_quotes(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return c != '\'' && c != '"'; });
  return out;
}

/// "(>=1,<2)" is ">=1,<2".
std::string_view without_parentheses(std::string_view text) {
  text = core::trim(text);
  if (text.starts_with('(') && text.ends_with(')')) return text.substr(1, text.size() - 2);
  return text;
}

/// ">=7.2.0 <8.0.0" is ">=7.2.0,<8.0.0".
std::string with_commas(std::string_view text) {
  std::string out;
  char before = ',';
  for (const char c : text) {
    if (is_operator_sign(c) && (ascii::is_alphanumeric(before) || before == '*')) out += ',';
    out += c;
    if (!ascii::is_space(c)) before = c;
  }
  return out;
}

/// ">=9.0a1.0" is ">=9.0a1": zeros say nothing behind the number of a suffix.
std::string_view without_zeros_of_suffix(std::string_view version) {
  std::string_view rest = version;
  while (rest.ends_with(".0")) rest.remove_suffix(2);
  const std::optional<Version> shorter = Version::try_parse(rest);
  const bool has_suffix = shorter && (shorter->is_prerelease() || shorter->is_postrelease());
  return has_suffix ? rest : version;
}

std::string mend_clause(std::string_view clause) {
  clause = core::trim(clause);
  const std::size_t end =
      static_cast<std::size_t>(std::find_if_not(clause.begin(), clause.end(), is_operator_sign) - clause.begin());
  std::string op(clause.substr(0, end));
  std::string version(core::trim(clause.substr(end)));
  if (op == ">" && version == "dev") return ">0.0.0dev";
  const bool is_equality = op == "==" || op == "!=";
  // "!=~5.0" leaves out all of 5.0, and "!=3.0*" lacks its dot.
  if (op == "!=~") {
    op = "!=";
    version += ".*";
  } else if (is_equality && version.ends_with('*') && !version.ends_with(".*")) {
    version.insert(version.size() - 1, 1, '.');
  } else if (!is_equality && op != "===" && op != "~=" && version.ends_with(".*")) {
    // ">=3.6.*" is ">=3.6".
    version.resize(version.size() - 2);
  }
  return op + std::string(without_zeros_of_suffix(version));
}

}  // namespace

std::string mend_specifiers(std::string_view text) {
  const std::string bare = without_quotes(text);
  const std::string separated = with_commas(without_parentheses(bare));
  std::vector<std::string> clauses;
  for (const std::string_view clause : core::split(separated, ',')) {
    if (!core::trim(clause).empty()) clauses.push_back(mend_clause(clause));
  }
  return core::join(clauses, ",");
}

std::optional<Specifiers> Specifiers::parse_leniently(std::string_view text, bool* mended) {
  std::optional<Specifiers> specifiers(std::in_place);
  const bool is_valid = !scan_specifiers(text, *specifiers);
  if (mended != nullptr) *mended = !is_valid;
  if (!is_valid && scan_specifiers(mend_specifiers(text), *specifiers)) return std::nullopt;
  return specifiers;
}

}  // namespace envlock::pypi
