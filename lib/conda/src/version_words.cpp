#include "version_words.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace envlock::conda::words {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::uint32_t lower_byte(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte >= 'A' && byte <= 'Z' ? byte + 32u : byte;
}

void append_number(Row& row, std::string_view digits) {
  while (!digits.empty() && digits.front() == '0') digits.remove_prefix(1);
  if (digits.size() <= 10) {
    std::uint64_t value = 0;
    for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value < kBigNumber) {
      row.push_back(static_cast<std::uint32_t>(value));
      return;
    }
  }
  row.push_back(kBigNumber);
  row.push_back(static_cast<std::uint32_t>(digits.size()));
  for (std::size_t i = 0; i < digits.size(); i += 9) {
    std::uint32_t word = 0;
    for (std::size_t j = i; j < i + 9; ++j) {
      word = word * 10 + (j < digits.size() ? static_cast<std::uint32_t>(digits[j] - '0') : 0u);
    }
    row.push_back(word);
  }
}

void append_tag(Row& row, std::string_view tag, bool underscore) {
  const std::size_t size = tag.size() + (underscore ? 1 : 0);
  const auto byte = [&](std::size_t i) {
    return i < tag.size() ? lower_byte(tag[i]) : static_cast<std::uint32_t>('_');
  };
  const auto is = [&](std::string_view word) {
    if (size != word.size()) return false;
    for (std::size_t i = 0; i < size; ++i) {
      if (byte(i) != static_cast<std::uint8_t>(word[i])) return false;
    }
    return true;
  };
  if (is("dev")) {
    row.push_back(kDev);
    return;
  }
  if (is("post")) {
    row.push_back(kPost);
    return;
  }
  for (std::size_t i = 0; i <= size; i += 4) {
    std::uint32_t word = 0;
    for (std::size_t j = i; j < i + 4; ++j) word = word << 8 | (j < size ? byte(j) : 0u);
    row.push_back(word);
  }
}

/// What an ended row goes on with.
constexpr std::array<std::uint32_t, 2> kForEver = {0, kEnd};

/// The order of the end of a row against the rest of a longer one.
int compare_end_to(std::span<const std::uint32_t> rest) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != kForEver[i % 2]) return kForEver[i % 2] < rest[i] ? -1 : 1;
  }
  return 0;
}

/// Where the last tag of `prefix`, a row that ends in tag, 0, kEnd, begins.
std::size_t last_tag(std::span<const std::uint32_t> prefix) {
  std::size_t start = 0;
  std::size_t i = 0;
  while (i < prefix.size()) {
    i += prefix[i] == kBigNumber ? 2 + (prefix[i + 1] + 8) / 9 : 1;
    if (prefix[i] == kEnd) {
      ++i;
      continue;
    }
    start = i;
    if (prefix[i] == kDev || prefix[i] == kPost) {
      ++i;
    } else {
      while ((prefix[i] & 0xFF) != 0) ++i;
      ++i;
    }
  }
  return start;
}

}  // namespace

void Row::spill(std::uint32_t word) {
  if (far_.empty()) far_.assign(near_.begin(), near_.end());
  far_.push_back(word);
  ++size_;
}

void append_segment(Row& row, std::string_view segment, bool trailing_underscore) {
  std::size_t i = 0;
  for (;;) {
    const std::size_t number = i;
    while (i < segment.size() && is_digit(segment[i])) ++i;
    append_number(row, segment.substr(number, i - number));
    const std::size_t tag = i;
    while (i < segment.size() && !is_digit(segment[i])) ++i;
    const bool underscore = trailing_underscore && i == segment.size();
    if (tag == i && !underscore) break;
    append_tag(row, segment.substr(tag, i - tag), underscore);
    if (underscore) trailing_underscore = false;
  }
  row.push_back(kEnd);
}

int compare(std::span<const std::uint32_t> left, std::span<const std::uint32_t> right) {
  const std::size_t common = std::min(left.size(), right.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  }
  if (left.size() == right.size()) return 0;
  return left.size() < right.size() ? compare_end_to(right.subspan(common)) : -compare_end_to(left.subspan(common));
}

bool starts_with(std::span<const std::uint32_t> row, std::span<const std::uint32_t> prefix, bool ends_in_number) {
  const std::size_t whole = ends_in_number ? prefix.size() - 1 : last_tag(prefix);
  const auto equal_until = [&](std::size_t count) {
    const std::size_t common = std::min(row.size(), count);
    return std::equal(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(common), row.begin()) &&
           (common == count || compare_end_to(prefix.subspan(common, count - common)) == 0);
  };
  if (!equal_until(whole)) return false;
  if (ends_in_number) return true;
  const auto word = [&](std::size_t i) { return i < row.size() ? row[i] : kForEver[(i - row.size()) % 2]; };
  if (prefix[whole] == kDev || prefix[whole] == kPost) return word(whole) == prefix[whole];
  std::size_t i = whole;
  for (; (prefix[i] & 0xFF) != 0; ++i) {
    if (word(i) != prefix[i]) return false;
  }
  std::uint32_t mask = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    if (prefix[i] >> shift & 0xFF) mask |= 0xFFu << shift;
  }
  return (word(i) & mask) == prefix[i];
}

}  // namespace envlock::conda::words
