#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace envlock::channel {

/// Interns texts: equal text, equal number, counted from 0 in order of first use. The views stay valid as long as the
/// pool lives, wherever it is moved.
class TextPool {
 public:
  std::uint32_t add(std::string_view text);
  std::uint32_t add(std::string_view text, std::uint64_t hash);
  /// The number of `text`, or kAbsent.
  std::uint32_t find(std::string_view text) const;
  std::string_view text(std::uint32_t id) const { return texts_[id]; }
  std::uint64_t hash(std::uint32_t id) const { return hashes_[id]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }

  static constexpr std::uint32_t kAbsent = ~std::uint32_t{0};

 private:
  std::string_view keep(std::string_view text);
  void grow();

  std::vector<std::string_view> texts_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> slots_;  ///< open addressing, id + 1; 0 is empty
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* block_ = nullptr;
  std::size_t block_left_ = 0;
};

}  // namespace envlock::channel
