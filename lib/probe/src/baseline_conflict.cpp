#include "baseline_conflict.h"

#include <algorithm>

#include "envlock/core/text.h"

namespace envlock::probe {

std::optional<std::pair<std::string, std::string>> sides_of_conflict(std::string_view text) {
  enum class Part { both, ours, base, theirs };
  Part part = Part::both;
  std::pair<std::string, std::string> sides;
  bool any = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = text.substr(0, end + 1);
    text.remove_prefix(end + 1);
    if (line.starts_with("<<<<<<<")) {
      if (part != Part::both) return std::nullopt;
      part = Part::ours;
      any = true;
    } else if (line.starts_with("|||||||") && part == Part::ours) {
      part = Part::base;
    } else if (line.starts_with("=======") && (part == Part::ours || part == Part::base)) {
      part = Part::theirs;
    } else if (line.starts_with(">>>>>>>")) {
      if (part != Part::theirs) return std::nullopt;
      part = Part::both;
    } else {
      if (part == Part::both || part == Part::ours) sides.first += line;
      if (part == Part::both || part == Part::theirs) sides.second += line;
    }
  }
  if (!any || part != Part::both) return std::nullopt;
  return sides;
}

Baseline merged(Baseline ours, const Baseline& theirs, std::string_view file, std::vector<core::Diagnostic>& troubles) {
  core::Diagnostic trouble{.code = "baseline-conflict",
                           .what = "git left two sides in the baseline: the classes of both were read",
                           .where = core::SourceSpan{.file = std::string(file)},
                           .why = {},
                           .hints = {"`envlock verify --probe --accept` writes them as one, after review"}};
  for (const AcceptedClass& accepted : theirs.classes) {
    const AcceptedClass* known = ours.find(accepted.hardware);
    if (known == nullptr) {
      ours.replace(accepted.hardware, accepted.tiers);
    } else if (*known != accepted) {
      trouble.why.push_back("the two disagree about " + core::printable(describe(accepted.hardware)) +
                            ", which counts as unknown");
      const HardwareClass disputed = accepted.hardware;
      std::erase_if(ours.classes, [&](const AcceptedClass& each) { return each.hardware == disputed; });
    }
  }
  troubles.push_back(std::move(trouble));
  return ours;
}

}  // namespace envlock::probe
