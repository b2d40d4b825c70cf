#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace envlock::archive {

constexpr std::size_t kTarBlock = 512;

/// A field of a tar header: a text that ends at its first NUL, or is full.
std::string_view tar_text(std::string_view block, std::size_t offset, std::size_t length);
/// A number: octal digits with blanks around them (none: 0), or GNU's base 256. Absent when it is neither.
std::optional<std::int64_t> tar_number(std::string_view block, std::size_t offset, std::size_t length);
/// Does the header's sum agree with its bytes, taken as unsigned, as POSIX says?
bool tar_checksum_agrees(std::string_view block);
bool is_zero_block(std::string_view block);

/// Decimal digits, with a sign and a fraction for times (the fraction is cut off, towards the past). Absent for
/// anything else.
std::optional<std::int64_t> pax_number(std::string_view text);

}  // namespace envlock::archive
