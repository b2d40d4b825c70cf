#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "content.h"
#include "tree.h"

namespace envlock::verify {

/// The hashes of files in the prefix, each computed once. Different nodes may be hashed from different threads.
class HashStore {
 public:
  HashStore(const Folder& folder, const Tree& tree)
      : folder_(folder), tree_(tree), hashed_(tree.nodes.size()), asked_(tree.nodes.size()) {}

  const Folder& folder() const { return folder_; }
  /// Null when it was not hashed.
  const Hashed* find(const Node& node) const {
    const auto& slot = hashed_[tree_.index_of(node)];
    return slot ? &*slot : nullptr;
  }
  void hash(const Node& node) {
    auto& slot = hashed_[tree_.index_of(node)];
    if (!slot) slot = hash_file(folder_, node);
  }
  /// Takes a hash that was computed elsewhere.
  void put(const Node& node, Hashed hashed) { hashed_[tree_.index_of(node)] = std::move(hashed); }
  /// True when nobody has asked for the node's hash before: then it is to be hashed. Not from several threads.
  bool ask(const Node& node) {
    char& asked = asked_[tree_.index_of(node)];
    return std::exchange(asked, 1) == 0;
  }
  /// Takes a hash that is known without reading: an unchanged stamp.
  void know(const Node& node, const core::Sha256& sha256) {
    ask(node);
    hashed_[tree_.index_of(node)] = Hashed{.sha256 = sha256, .failure = {}, .bytes = 0, .was_read = false};
  }
  /// Read so far.
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& slot : hashed_) sum += slot ? slot->bytes : 0;
    return sum;
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& slot : hashed_) count += slot && slot->was_read ? 1 : 0;
    return count;
  }

 private:
  const Folder& folder_;
  const Tree& tree_;
  std::vector<std::optional<Hashed>> hashed_;
  std::vector<char> asked_;
};

}  // namespace envlock::verify
