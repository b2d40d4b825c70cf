#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace envlock::conda::words {

// A version as a row of 32-bit words whose order, word by word, is the order of CEP 33.
//
// A segment is: number, (tag, number)*, kEnd. The number is there even where the text has none (the CEP's fill value
// 0), so numbers and tags alternate and two rows that agree so far always compare like with like.
//   number  one word; from 2^32-1 on: kBigNumber, the count of digits, then nine digits a word
//   tag     kDev, or the lower-case characters four to a word, zero-padded, the last byte of the last word zero, or
//   kPost kEnd    no more tags: sorts above every string and below "post", as the CEP's missing component 0 does
// A row that has ended counts as 0, kEnd, 0, kEnd... for ever, which makes 1.0 and 1.0.0 equal.
inline constexpr std::uint32_t kDev = 1;
inline constexpr std::uint32_t kEnd = 0xFFFFFFFE;
inline constexpr std::uint32_t kPost = 0xFFFFFFFF;
inline constexpr std::uint32_t kBigNumber = 0xFFFFFFFF;

/// A row being built; short ones need no memory of their own.
class Row {
 public:
  void push_back(std::uint32_t word) {
    if (size_ < near_.size()) {
      near_[size_++] = word;
    } else {
      spill(word);
    }
  }
  std::size_t size() const { return size_; }
  std::span<const std::uint32_t> words() const { return {far_.empty() ? near_.data() : far_.data(), size_}; }

 private:
  void spill(std::uint32_t word);
  std::array<std::uint32_t, 32> near_;
  std::size_t size_ = 0;
  std::vector<std::uint32_t> far_;
};

/// Appends one segment, such as "15", "rc1" or "1alpha"; `trailing_underscore` joins a final "_" to it.
void append_segment(Row& row, std::string_view segment, bool trailing_underscore);

/// -1, 0 or 1.
int compare(std::span<const std::uint32_t> left, std::span<const std::uint32_t> right);

/// True when `row` starts with `prefix`, a number at its end being compared whole and a string as a prefix.
/// `ends_in_number` says whether the prefix's text ends in a digit.
bool starts_with(std::span<const std::uint32_t> row, std::span<const std::uint32_t> prefix, bool ends_in_number);

}  // namespace envlock::conda::words
