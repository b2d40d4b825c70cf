#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace envlock::prefix {

/// Sources that are compiled together, in this order: one package's, at most a few dozen. What a pyc holds may depend
/// on what was compiled before it in the same process, so how they are cut must follow from the package alone.
struct PycBatch {
  std::vector<std::string> sources;  ///< relative to the prefix
};

struct PycInput {
  std::string prefix;      ///< absolute
  std::string executable;  ///< relative to the prefix: "bin/python3.12"
  std::vector<PycBatch> batches;
  std::function<bool()> is_stopped = {};  ///< asked between the batches: the rest is left out
  std::size_t threads = 0;
};

struct PycOutput {
  /// The bytes of each source's hash-based, checked pyc; absent when it does not compile. Shapes: as the batches.
  std::vector<std::vector<std::optional<std::string>>> files;
  std::string problem;  ///< not empty: the python could not be run, and says or does this
};

/// Has the environment's own python compile the sources, several processes at a time. It gets no variables of this
/// process, imports only what an interpreter needs to start, and writes nothing: the bytes come back through a socket.
/// A python that cannot be run or breaks off is told in `problem`.
PycOutput compile_pyc(const PycInput& input);

}  // namespace envlock::prefix
