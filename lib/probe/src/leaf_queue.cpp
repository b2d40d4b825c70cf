#include "leaf_queue.h"

#include <algorithm>

#include "envlock/probe/digest_tree.h"

namespace envlock::probe {
namespace {

constexpr std::size_t kWordsPerLeaf = kChunkBytes / 4;
constexpr std::size_t kLeavesPerPiece = 4;  // some 8 microseconds: short enough for a thread that is needed elsewhere

std::size_t divide_up(std::size_t count, std::size_t by) {
  return (count + by - 1) / by;
}

}  // namespace

LeafQueue::LeafQueue(const Plan& plan, std::span<const std::uint32_t> arena, std::vector<TensorId> digested)
    : arena_(arena), entries_(digested.size()), roots_(digested.size()) {
  std::size_t leaves = 0;
  std::size_t pieces = 0;
  for (std::size_t i = 0; i < digested.size(); ++i) {
    Entry& entry = entries_[i];
    entry.tensor = &plan.tensor(digested[i]);
    entry.first_leaf = leaves;
    entry.leaves = divide_up(entry.tensor->count, kWordsPerLeaf);
    leaves += entry.leaves;
    pieces += divide_up(entry.leaves, kLeavesPerPiece);
  }
  leaves_.resize(leaves);
  pieces_.resize(pieces);
}

void LeafQueue::reset() {
  published_ = 0;
  taken_ = 0;
  finished_pieces_ = 0;
  for (Entry& entry : entries_) entry.nans = 0;
}

void LeafQueue::push(int index) {
  Entry& entry = entries_[static_cast<std::size_t>(index)];
  entry.pieces_left = static_cast<int>(divide_up(entry.leaves, kLeavesPerPiece));
  std::size_t end = published_.load(std::memory_order_relaxed);
  for (std::size_t leaf = 0; leaf < entry.leaves; leaf += kLeavesPerPiece) {
    pieces_[end++] = {index, leaf, std::min(leaf + kLeavesPerPiece, entry.leaves)};
  }
  published_.store(end, std::memory_order_release);
}

bool LeafQueue::hash_one() {
  std::size_t at = taken_.load(std::memory_order_relaxed);
  do {
    if (at >= published_.load(std::memory_order_acquire)) return false;
  } while (!taken_.compare_exchange_weak(at, at + 1, std::memory_order_acq_rel, std::memory_order_relaxed));
  const Piece piece = pieces_[at];
  Entry& entry = entries_[static_cast<std::size_t>(piece.entry)];
  std::uint64_t nans = 0;
  for (std::size_t leaf = piece.begin; leaf < piece.end; ++leaf) {
    const std::size_t start = leaf * kWordsPerLeaf;
    const std::size_t words = std::min(kWordsPerLeaf, entry.tensor->count - start);
    leaves_[entry.first_leaf + leaf] =
        leaf_digest(arena_.subspan(entry.tensor->offset + start, words), entry.tensor->type, &nans);
  }
  if (nans > 0) entry.nans.fetch_add(nans, std::memory_order_relaxed);
  if (entry.pieces_left.fetch_sub(1, std::memory_order_acq_rel) == 1) finish(entry, piece.entry);
  finished_pieces_.fetch_add(1, std::memory_order_release);
  return true;
}

void LeafQueue::finish(Entry& entry, int index) {
  roots_[static_cast<std::size_t>(index)] =
      tree_root_in_place(std::span(leaves_).subspan(entry.first_leaf, entry.leaves));
}

std::vector<std::uint64_t> LeafQueue::nans() const {
  std::vector<std::uint64_t> nans;
  for (const Entry& entry : entries_) nans.push_back(entry.nans);
  return nans;
}

}  // namespace envlock::probe
