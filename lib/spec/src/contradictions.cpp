#include "envlock/core/text.h"
#include "reading.h"
#include "selector.h"
#include "version_bounds.h"

#include <map>

namespace envlock::spec {
namespace {

constexpr std::size_t kMaxCompared = 200;

std::string quoted(const conda::Request& request) {
  return "`" + core::printable(request.text, 80) + "`";
}

core::Diagnostic contradiction(const conda::Request& first, const conda::Request& second) {
  core::Diagnostic diagnostic{.code = "requests-contradict",
                              .what = quoted(first) + " and " + quoted(second) + " cannot both be met",
                              .where = second.where,
                              .why = {"the other line is " + place(first.where) + ": " + quoted(first)},
                              .hints = {"keep one of the two lines, or widen its versions"}};
  if (!first.selector.empty() || !second.selector.empty()) {
    diagnostic.why.push_back("both count on " + core::join(subdirs_where(first.selector, second.selector), ", "));
  }
  return diagnostic;
}

}  // namespace

void find_contradictions(const Spec& spec, std::vector<core::Diagnostic>& mistakes) {
  std::map<std::string, std::vector<const conda::Request*>> by_name;
  for (const conda::Request& request : spec.requests) {
    if (!request.spec.version) continue;
    auto& same = by_name[request.spec.name];
    // The solver judges the rest; nobody writes two hundred lines for one package.
    if (same.size() < kMaxCompared) same.push_back(&request);
  }
  // In the order of the files, each line blamed once.
  std::map<const conda::Request*, const conda::Request*> blamed;
  for (const auto& [name, same] : by_name) {
    for (std::size_t second = 1; second < same.size(); ++second) {
      for (std::size_t first = 0; first < second; ++first) {
        if (!exclude_each_other(*same[first]->spec.version, *same[second]->spec.version)) continue;
        if (!can_hold_together(same[first]->selector, same[second]->selector)) continue;
        blamed.emplace(same[second], same[first]);
        break;
      }
    }
  }
  for (const conda::Request& request : spec.requests) {
    const auto found = blamed.find(&request);
    if (found != blamed.end() && mistakes.size() <= kMaxMistakes) {
      mistakes.push_back(contradiction(*found->second, request));
    }
  }
}

}  // namespace envlock::spec
