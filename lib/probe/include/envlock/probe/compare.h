#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "envlock/probe/run_document.h"

namespace envlock::probe {

/// Units in the last place between two floats: how many floats lie between them, plus one. Both zeros are one float,
/// and so are all NaNs, which lie 2^32 from every number.
std::uint64_t ulp_distance(std::uint32_t left_bits, std::uint32_t right_bits);

/// Compares the first elements of a tensor of that shape; `want` and `have` are equally long.
ElementDifference compare_elements(std::span<const std::uint32_t> want, std::span<const std::uint32_t> have,
                                   const OpInfo& info);

/// How two runs agree in one step of one part.
struct StepAgreement {
  int step = -1;
  std::uint64_t equal_ops = 0;
  std::uint64_t ops = 0;
  std::uint64_t loss_ulp = 0;
};

/// A tensor that both runs dumped, and that differs. The left one's are wanted.
struct DumpComparison {
  Place place;
  ElementDifference elements;
};

/// One part of two runs.
struct PartComparison {
  std::string part;
  std::vector<StepAgreement> steps;
  std::optional<Mismatch> first;              ///< want is the left run's
  std::vector<std::size_t> differing_chunks;  ///< of that tensor, where both documents keep its leaves
  std::vector<DumpComparison> dumps;          ///< in execution order
};

/// What two runs say about each other.
struct RunComparison {
  std::vector<PartComparison> parts;  ///< those that both have
  bool same_size = true;              ///< else nothing below the names was compared
  int compared_steps = 0;             ///< the shorter of the two
  std::vector<std::string> facts;     ///< differing facts, "threads: 1 and 2", sorted by name
  /// Nothing differs in what both hold, which is at least one part.
  bool equal() const;
};
/// Throws: Error "probe-runs-incomparable" when the two are of different sizes or spec versions.
RunComparison compare(const RunDocument& left, const RunDocument& right);

/// Indices of documents with equal roots, largest group first, then by first index.
struct RunGroups {
  std::vector<std::vector<std::size_t>> groups;
  /// Where the first member of every other group leaves the first group.
  std::vector<RunComparison> against_first;
};
RunGroups group(const std::vector<RunDocument>& documents);

}  // namespace envlock::probe
