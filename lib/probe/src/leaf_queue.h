// Hashing as side work: tensors that are final are cut into pieces of a few chunks, any thread hashes them, and the one
// that finishes a tensor's last piece makes its root.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/probe/plan.h"

namespace envlock::probe {

class LeafQueue {
 public:
  /// Room for one step: the tensors in `digested`, which lie in `arena`.
  LeafQueue(const Plan& plan, std::span<const std::uint32_t> arena, std::vector<TensorId> digested);

  /// Empties the queue for the next step. Nobody may be hashing.
  void reset();
  /// Tensor `index` of `digested` is final until the next reset. One thread at a time may call this.
  void push(int index);
  /// Hashes one piece, if there is one.
  bool hash_one();
  /// Whether everything that was pushed is hashed.
  bool empty() const { return finished_pieces_.load(std::memory_order_acquire) == published_.load(); }

  const std::vector<core::Sha256>& roots() const { return roots_; }
  std::vector<std::uint64_t> nans() const;

 private:
  struct Entry {
    const Tensor* tensor;
    std::size_t first_leaf;
    std::size_t leaves;
    std::atomic<int> pieces_left{0};
    std::atomic<std::uint64_t> nans{0};
  };
  struct Piece {
    int entry;
    std::size_t begin;  ///< leaf within the tensor
    std::size_t end;
  };
  void finish(Entry& entry, int index);

  std::span<const std::uint32_t> arena_;
  std::vector<Entry> entries_;
  std::vector<core::Sha256> leaves_;
  std::vector<core::Sha256> roots_;
  std::vector<Piece> pieces_;  ///< never grows while threads read it
  std::atomic<std::size_t> published_{0};
  std::atomic<std::size_t> taken_{0};
  std::atomic<std::size_t> finished_pieces_{0};
};

}  // namespace envlock::probe
