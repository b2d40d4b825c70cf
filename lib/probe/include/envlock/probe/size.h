#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envlock::probe {

/// The name of the page that defines every bit of a run.
inline constexpr std::string_view kSpecVersion = "probe-spec/1";

/// The dimensions of one model of docs/probe-spec.md.
struct Size {
  std::string name;
  int B = 0;  ///< sequences in a batch
  int T = 0;  ///< tokens in a sequence
  int C = 0;  ///< channels
  int H = 0;  ///< attention heads
  int L = 0;  ///< layers
  int F = 0;  ///< channels within the MLP
  int V = 0;  ///< vocabulary
  int steps = 0;
  float score_scale = 0;  ///< 1 / sqrt(D), rounded

  int D() const { return C / H; }
  int N() const { return B * T; }
};

/// "quick", "standard", "gpu".
const std::vector<Size>& all_sizes();
/// Throws: Error "unknown-size".
const Size& find_size(std::string_view name);

}  // namespace envlock::probe
