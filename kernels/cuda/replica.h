// What every kernel needs: its replica's tensors, its rows, and the sums of docs/probe-spec.md over a warp.
#pragma once

#include "device.h"
#include "envlock/kernels/cuda_launch.h"

namespace envlock::kernels::cuda {

/// The pointer of replica 0, moved to this block's replica.
template <class T>
DEVICE T* of_replica(const Launch& launch, T* pointer) {
  const unsigned long long moved_by = static_cast<unsigned>(block_z()) * launch.replica_bytes;
  return const_cast<T*>(reinterpret_cast<const T*>(reinterpret_cast<const char*>(pointer) + moved_by));
}

/// Notes which multiprocessor runs this block, where the host asked for it.
DEVICE void note_multiprocessor(const Launch& launch) {
  if (launch.multiprocessors != nullptr && thread_x() == 0) {
    launch.multiprocessors[(block_z() * grid_size_y() + block_y()) * grid_size_x() + block_x()] = multiprocessor();
  }
}

/// The element of a thread in kernels that work element by element.
DEVICE int element_index() {
  return block_x() * block_size_x() + thread_x();
}

/// The row of a warp, and a thread's lane, in kernels that give each row a warp.
DEVICE int row_index() {
  return block_x() * (block_size_x() / 32) + thread_x() / 32;
}
DEVICE int lane_index() {
  return thread_x() % 32;
}

/// The halvings of sum32 and dot32; every lane gets the result. A butterfly instead of a shift down leaves the same
/// bits in lane 0 (an addition's operands may be swapped) and needs no broadcast.
DEVICE float halve_sum(float lane) {
  for (int s = 16; s > 0; s /= 2) {
    lane = add(lane, shuffle_xor(lane, s));
  }
  return lane;
}

/// The halvings of max32; every lane gets the result. The comparison is not symmetric (+0 and -0): the upper lane of a
/// pair swaps its operands, so that both compute what the lower one does.
DEVICE float halve_max(float lane) {
  for (int s = 16; s > 0; s /= 2) {
    const float other = shuffle_xor(lane, s);
    const bool is_upper = (thread_x() & s) != 0;
    const float low = is_upper ? other : lane;
    const float high = is_upper ? lane : other;
    lane = high > low ? high : low;
  }
  return lane;
}

}  // namespace envlock::kernels::cuda
