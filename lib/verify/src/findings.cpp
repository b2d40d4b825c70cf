#include "findings.h"

#include <algorithm>
#include <tuple>

namespace envlock::verify {

std::string few_of(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

std::vector<std::string> Advice::reinstall(const std::string& package) const {
  constexpr std::string_view kVerify = "envlock verify";
  if (!against_lock_) return {"`conda install --force-reinstall " + core::printable(package) + "` puts it back"};
  if (options_.command.substr(0, kVerify.size()) != kVerify) return {"`envlock install --repair` puts it back"};
  return {"`envlock install" + options_.command.substr(kVerify.size()) + " --repair` puts it back"};
}

std::string Advice::again(const std::string& words) const {
  return "`" + (options_.command.empty() ? std::string("envlock verify") : options_.command) + " " + words + "`";
}

void sort_findings(std::vector<Finding>& findings) {
  const auto key = [](const Finding& finding) {
    return std::tie(finding.group, finding.package, finding.path, finding.diagnostic.code, finding.diagnostic.what);
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Finding& left, const Finding& right) { return key(left) < key(right); });
}

}  // namespace envlock::verify
