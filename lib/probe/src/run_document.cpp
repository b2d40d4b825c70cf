#include "envlock/probe/run_document.h"

#include <algorithm>

#include "run_document_names.h"

namespace envlock::probe {

std::string_view format(Verdict verdict) {
  switch (verdict) {
    case Verdict::as_specified:
      return "as-specified";
    case Verdict::fp_environment:
      return "fp-environment";
    case Verdict::miscomputed:
      return "miscomputed";
    case Verdict::unstable:
      return "unstable";
  }
  return "unstable";
}

std::string_view format(Repeat::Wrong wrong) {
  switch (wrong) {
    case Repeat::Wrong::neither:
      return "neither";
    case Repeat::Wrong::this_run:
      return "this-run";
    case Repeat::Wrong::repeat:
      return "repeat";
    case Repeat::Wrong::both:
      return "both";
    case Repeat::Wrong::unknown:
      return "unknown";
  }
  return "unknown";
}

std::optional<Verdict> parse_verdict(std::string_view text) {
  for (const Verdict each : {Verdict::as_specified, Verdict::fp_environment, Verdict::miscomputed, Verdict::unstable}) {
    if (format(each) == text) return each;
  }
  return std::nullopt;
}

std::optional<Repeat::Wrong> parse_wrong(std::string_view text) {
  using Wrong = Repeat::Wrong;
  for (const Wrong each : {Wrong::neither, Wrong::this_run, Wrong::repeat, Wrong::both, Wrong::unknown}) {
    if (format(each) == text) return each;
  }
  return std::nullopt;
}

Verdict judge(const RunDocument& document) {
  const bool settings_differ = std::any_of(document.fp_settings.begin(), document.fp_settings.end(),
                                           [](const auto& settings) { return !settings.empty(); });
  const bool canary_failed =
      std::any_of(document.canaries.begin(), document.canaries.end(), [](const Canary& canary) { return !canary.ok; });
  const bool environment_differs = settings_differ || canary_failed;
  // What does not even agree with itself says nothing about an environment or a compiler. Where all settings are the
  // default ones, the two parts are the same computation twice.
  if (document.repeat.difference || (document.as_found_difference && !environment_differs)) return Verdict::unstable;
  // The reference part sets the floating-point unit itself: no setting explains a wrong digest there.
  if (document.golden_mismatch) return Verdict::miscomputed;
  return environment_differs ? Verdict::fp_environment : Verdict::as_specified;
}

bool is_run_document(std::string_view text) {
  constexpr std::string_view kKey = "\"format\"";
  const std::string wanted = "\"" + std::string(kRunFormat) + "\"";
  const auto skip_space = [&](std::size_t at) { return std::min(text.find_first_not_of(" \t\r\n", at), text.size()); };
  for (std::size_t at = text.find(kKey); at != std::string_view::npos; at = text.find(kKey, at + 1)) {
    const std::size_t colon = skip_space(at + kKey.size());
    if (colon < text.size() && text[colon] == ':' && text.substr(skip_space(colon + 1)).starts_with(wanted))
      return true;
  }
  return false;
}

}  // namespace envlock::probe
