#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envlock::ptx {

/// One line of a PTX text whose bits, or whose safety, no specification fixes.
struct PolicyBreach {
  int line = 0;
  std::string source;
  std::string why;
  std::string text() const { return "line " + std::to_string(line) + ": " + why + ": " + source; }
};

/// All lines that are not allowed, in order: approximations, flushed subnormals, float arithmetic and conversions
/// without
/// `.rn`, float atomics, order made by fences or volatile accesses, exchange between lanes without a constant full
/// mask. Throws: PtxError where the text cannot be read.
std::vector<PolicyBreach> check_policy(std::string_view ptx);

}  // namespace envlock::ptx
