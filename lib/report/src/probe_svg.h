// Charts of a page about runs of the probe, as inline SVG. Colors come from the page's style sheet; no script.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/probe/run_document.h"

namespace envlock::report {

/// Text from outside made fit for HTML: secrets masked, controls escaped, markup escaped.
std::string html_text(std::string_view text);

/// A curve: its points are those of steps 0, 1, ....
struct Curve {
  std::string name;
  std::vector<std::uint32_t> losses;  ///< as bits
  int color = 0;                      ///< class "c0" to "c7"
};
/// Loss by step. Of curves that coincide each can be seen: the first is broad and pale, the others are dashed.
std::string svg_losses(const std::vector<Curve>& curves);

/// How far a curve is from the one that all are held against, by step.
struct Distance {
  std::string name;
  std::vector<std::uint64_t> ulp;
  int color = 0;
};
/// Distances on a scale of powers of two, 0 at the bottom.
std::string svg_distances(const std::vector<Distance>& distances);

/// Which digest of which step differs. differs[0] is the initial state.
struct AgreementMap {
  std::string label;  ///< what is held against what, for those who cannot see it
  const std::vector<probe::OpInfo>* initial_ops = nullptr;
  const std::vector<probe::OpInfo>* step_ops = nullptr;
  std::vector<std::vector<bool>> differs;
};
/// Steps downwards, ops from left to right in execution order; the first that differs is ringed.
std::string svg_agreement(const AgreementMap& map);

}  // namespace envlock::report
