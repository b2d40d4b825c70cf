// The Merkle tree of a run. Source: docs/probe-spec.md, "Digests".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/probe/plan.h"

namespace envlock::probe {

inline constexpr std::size_t kChunkBytes = 4096;

/// H(leaf tag, chunk): words are floats' bits when `type` is f32, and NaNs are made one NaN first.
/// Adds the NaNs found to *nans. At most kChunkBytes / 4 words.
core::Sha256 leaf_digest(std::span<const std::uint32_t> words, ElementType type, std::uint64_t* nans);
core::Sha256 node_digest(const core::Sha256& left, const core::Sha256& right);
/// Pairs neighbours until one is left; an odd last one is carried up. At least one digest.
core::Sha256 tree_root(std::vector<core::Sha256> digests);
/// The same without a copy, and so without an allocation: `digests` is overwritten.
core::Sha256 tree_root_in_place(std::span<core::Sha256> digests);

/// Leaves of a whole tensor, in order.
std::vector<core::Sha256> tensor_leaves(std::span<const std::uint32_t> words, ElementType type, std::uint64_t* nans);

core::Sha256 op_digest(std::string_view name, ElementType type, const std::vector<int>& shape,
                       const core::Sha256& root);
core::Sha256 chain_digest(const core::Sha256& previous, const core::Sha256& step_root);
core::Sha256 part_digest(std::string_view name, const core::Sha256& part_root);
core::Sha256 document_root(std::string_view size, int steps, std::vector<core::Sha256> part_digests);

}  // namespace envlock::probe
