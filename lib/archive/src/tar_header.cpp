#include "tar_header.h"

#include <algorithm>
#include <charconv>

namespace envlock::archive {
namespace {

constexpr std::size_t kSumOffset = 148, kSumLength = 8;

std::optional<std::int64_t> base_256(std::string_view field) {
  // The first byte is 0x80 for positive and 0xff for negative numbers; only its lowest seven bits count.
  const bool negative = (field[0] & 0x40) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    std::uint64_t byte = static_cast<unsigned char>(field[i]);
    if (i == 0) byte = negative ? byte | 0x80 : byte & 0x7f;
    const std::uint64_t top = value >> 55;
    if (top != (negative ? 0x1ff : 0)) return std::nullopt;
    value = value << 8 | byte;
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::string_view tar_text(std::string_view block, std::size_t offset, std::size_t length) {
  const std::string_view field = block.substr(offset, length);
  return field.substr(0, field.find('\0'));
}

std::optional<std::int64_t> tar_number(std::string_view block, std::size_t offset, std::size_t length) {
  std::string_view field = block.substr(offset, length);
  if ((field[0] & 0x80) != 0) return base_256(field);
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  while (!field.empty() && (field.back() == ' ' || field.back() == '\0')) field.remove_suffix(1);
  std::int64_t value = 0;
  for (const char digit : field) {
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value * 8 + (digit - '0');
  }
  return value;
}

bool tar_checksum_agrees(std::string_view block) {
  std::int64_t sum = static_cast<std::int64_t>(kSumLength) * ' ';
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    if (i < kSumOffset || i >= kSumOffset + kSumLength) sum += static_cast<unsigned char>(block[i]);
  }
  return tar_number(block, kSumOffset, kSumLength) == sum;
}

bool is_zero_block(std::string_view block) {
  return std::all_of(block.begin(), block.end(), [](char byte) { return byte == '\0'; });
}

std::optional<std::int64_t> pax_number(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest == text.data()) return std::nullopt;
  std::string_view fraction = text.substr(static_cast<std::size_t>(rest - text.data()));
  if (fraction.empty()) return value;
  if (fraction.front() != '.') return std::nullopt;
  fraction.remove_prefix(1);
  if (fraction.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const bool whole = fraction.find_first_not_of('0') == std::string_view::npos;
  return negative && !whole ? value - 1 : value;
}

}  // namespace envlock::archive
