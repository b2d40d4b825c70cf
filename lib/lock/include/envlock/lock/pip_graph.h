#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/lock/lock.h"

// Who asks for what in the PyPI half of a lock, markers answered for one platform and its python.

namespace envlock::lock {

/// One thing that a distribution needs.
struct PipNeed {
  std::string name;                 ///< normalized
  std::vector<std::string> extras;  ///< that are asked for of it
  std::string extra;                ///< the extra that it is needed for; "" when always
  std::string text;                 ///< canonical, without the marker: "numpy>=1.26"
  std::string marker;               ///< canonical; "" when none, or when all it asks for is the extra
};

/// A line that asks for a distribution.
struct PipAsking {
  std::size_t line = 0;  ///< index into Lock::pip_lines
  std::vector<std::string> extras;
};

/// A distribution of a platform, or one that a conda package brings and the `pip:` half asks for.
struct PipNode {
  std::string name;                         ///< normalized
  std::string version;                      ///< of what conda brings: as its record has it
  std::optional<std::size_t> distribution;  ///< index into Lock::distributions; absent: conda brings it
  std::string conda_name;                   ///< the conda package that brings it; else ""
  std::vector<std::string> extras;          ///< those that are asked for, sorted
  std::vector<PipAsking> lines;  ///< those that ask for it here, in the lock's order; constraints ask for nothing
  /// In order of its metadata, once for each extra that it counts with; of what conda brings: what its extras add.
  std::vector<PipNeed> needs;
};

/// Order: by name. What a name asks for is the one node of that name; what nothing there has is absent.
/// Empty when the lock has no `pip:` half, or the platform no python.
std::vector<PipNode> pip_graph(const Lock& lock, const LockedPlatform& platform);

/// The node of that name; null when there is none.
const PipNode* find_node(const std::vector<PipNode>& graph, std::string_view name);

/// Why a distribution of the PyPI half is there, by its normalized name: as `why` of a conda package. Of what a conda
/// package brings: by the lines of `pip:` and the needs that lead to it, or else why that package is there.
std::optional<Reason> why_distribution(const Lock& lock, std::string_view platform, std::string_view name);

}  // namespace envlock::lock
