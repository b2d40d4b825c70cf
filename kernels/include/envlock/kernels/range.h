#pragma once

namespace envlock::kernels {

/// Which part of its output an op computes: begin <= i < end. Ops write nothing outside their range, so that disjoint
/// ranges can run at the same time; how the whole is cut never changes a bit.
struct Range {
  int begin = 0;
  int end = 0;
};

}  // namespace envlock::kernels
