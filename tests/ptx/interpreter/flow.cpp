#include "flow.h"
#include "error.h"

#include <algorithm>

namespace envlock::ptx {
namespace {

constexpr std::uint32_t kNone = 0xffffffffu;

bool ends_block(const LoweredOp& op) {
  return op.base.kind == Kind::branch || op.base.kind == Kind::exit || op.base.kind == Kind::trap;
}

/// Blocks in an order where, but for loops, each comes after what it leads to (for the reversed graph: from the exit).
std::vector<std::uint32_t> order_from_exit(const Flow& flow, const std::vector<std::vector<std::uint32_t>>& before) {
  std::vector<std::uint32_t> order;
  std::vector<std::uint8_t> seen(flow.blocks.size(), 0);
  std::vector<std::pair<std::uint32_t, std::size_t>> stack;
  for (std::uint32_t start = 0; start < flow.blocks.size(); ++start) {
    if (!flow.blocks[start].leaves || seen[start] != 0) continue;
    seen[start] = 1;
    stack.emplace_back(start, 0);
    while (!stack.empty()) {
      auto& [block, next] = stack.back();
      if (next < before[block].size()) {
        const std::uint32_t other = before[block][next++];
        if (seen[other] == 0) {
          seen[other] = 1;
          stack.emplace_back(other, 0);
        }
      } else {
        order.push_back(block);
        stack.pop_back();
      }
    }
  }
  return order;
}

}  // namespace

Flow find_flow(const Lowered& lowered) {
  const auto count = static_cast<std::uint32_t>(lowered.ops.size());
  std::vector<std::uint8_t> leads(count + 1, 0);
  leads[0] = 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!ends_block(lowered.ops[i])) continue;
    leads[i + 1] = 1;
    if (lowered.ops[i].base.kind == Kind::branch) leads[lowered.ops[i].base.target] = 1;
  }
  Flow flow;
  flow.block_of.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (leads[i] != 0) flow.blocks.push_back({i, i, {}, false});
    flow.block_of[i] = static_cast<std::uint32_t>(flow.blocks.size() - 1);
    flow.blocks.back().end = i + 1;
  }
  for (Block& block : flow.blocks) {
    const LoweredOp& last = lowered.ops[block.end - 1];
    const bool guarded = last.guard.kind != Value::Kind::none;
    if (last.base.kind == Kind::branch) block.successors.push_back(flow.block_of[last.base.target]);
    if (last.base.kind == Kind::exit || last.base.kind == Kind::trap) block.leaves = true;
    if ((!ends_block(last) || guarded) && block.end < count) block.successors.push_back(flow.block_of[block.end]);
  }
  return flow;
}

std::vector<std::uint32_t> find_meeting_points(const Flow& flow) {
  const auto count = static_cast<std::uint32_t>(flow.blocks.size());
  const std::uint32_t exit = count;  // a block of its own behind all that leave
  std::vector<std::vector<std::uint32_t>> before(count);
  for (std::uint32_t i = 0; i < count; ++i)
    for (const std::uint32_t next : flow.blocks[i].successors) before[next].push_back(i);
  const std::vector<std::uint32_t> order = order_from_exit(flow, before);
  std::vector<std::uint32_t> rank(count + 1, 0), parent(count + 1, kNone);
  for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
  rank[exit] = static_cast<std::uint32_t>(order.size());
  parent[exit] = exit;
  const auto meet = [&](std::uint32_t a, std::uint32_t b) {
    while (a != b) {
      while (rank[a] < rank[b]) a = parent[a];
      while (rank[b] < rank[a]) b = parent[b];
    }
    return a;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = order.size(); i-- > 0;) {
      const std::uint32_t block = order[i];
      std::uint32_t found = flow.blocks[block].leaves ? exit : kNone;
      for (const std::uint32_t next : flow.blocks[block].successors)
        if (parent[next] != kNone) found = found == kNone ? next : meet(found, next);
      if (found != parent[block]) {
        parent[block] = found;
        changed = true;
      }
    }
  }
  std::vector<std::uint32_t> points(count, kNoInstruction);
  for (std::uint32_t i = 0; i < count; ++i)
    if (parent[i] != kNone && parent[i] != exit) points[i] = flow.blocks[parent[i]].begin;
  return points;
}

namespace {

class LivenessFinder {
 public:
  LivenessFinder(const Lowered& lowered, const Flow& flow)
      : lowered_(lowered), flow_(flow), words_((lowered.registers.size() + 63) / 64) {
    if (words_ * flow.blocks.size() > (std::size_t{1} << 26)) throw PtxError(0, "the kernel is too large", "");
    live_in_.assign(words_ * flow.blocks.size(), 0);
  }

  Liveness run() {
    Liveness result;
    result.intervals.resize(lowered_.registers.size());
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t block = flow_.blocks.size(); block-- > 0;) changed = visit(block, nullptr) || changed;
    }
    for (std::size_t block = 0; block < flow_.blocks.size(); ++block) visit(block, &result.intervals);
    for (std::uint32_t reg = 0; reg < lowered_.registers.size(); ++reg)
      if ((live_in_[reg / 64] >> (reg % 64) & 1) != 0) result.undefined.push_back(reg);
    return result;
  }

 private:
  /// Walks a block backwards. Returns whether its live-in set grew.
  bool visit(std::size_t block, std::vector<LiveInterval>* intervals) {
    std::vector<std::uint64_t> live(words_, 0);
    for (const std::uint32_t next : flow_.blocks[block].successors)
      for (std::size_t word = 0; word < words_; ++word) live[word] |= live_in_[next * words_ + word];
    const Block& range = flow_.blocks[block];
    const auto touch = [&](std::uint32_t reg, std::uint32_t at) {
      LiveInterval& interval = (*intervals)[reg];
      interval.begin = std::min(interval.begin, at);
      interval.end = std::max(interval.end, at);
    };
    const auto touch_all = [&](std::uint32_t at) {
      for (std::size_t word = 0; word < words_; ++word)
        for (std::uint64_t left = live[word]; left != 0; left &= left - 1)
          touch(static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(__builtin_ctzll(left))), at);
    };
    if (intervals != nullptr) touch_all(range.end - 1);
    for (std::uint32_t i = range.end; i-- > range.begin;) {
      const LoweredOp& op = lowered_.ops[i];
      const auto each = [&](const Value& value, bool write) {
        if (value.kind != Value::Kind::reg) return;
        const std::uint64_t bit = std::uint64_t{1} << (value.index % 64);
        // A guarded write keeps the old value in some lanes.
        if (write && op.guard.kind == Value::Kind::none) live[value.index / 64] &= ~bit;
        if (!write) live[value.index / 64] |= bit;
        if (intervals != nullptr) touch(value.index, i);
      };
      for (const Value& value : op.out) each(value, true);
      for (const Value& value : op.in) each(value, false);
      each(op.guard, false);
      each(op.address, false);
    }
    if (intervals != nullptr) touch_all(range.begin);
    bool grew = false;
    for (std::size_t word = 0; word < words_; ++word) {
      std::uint64_t& known = live_in_[block * words_ + word];
      grew = grew || known != live[word];
      known = live[word];
    }
    return grew;
  }

  const Lowered& lowered_;
  const Flow& flow_;
  std::size_t words_;
  std::vector<std::uint64_t> live_in_;
};

}  // namespace

Liveness find_liveness(const Lowered& lowered, const Flow& flow) {
  return LivenessFinder(lowered, flow).run();
}

}  // namespace envlock::ptx
