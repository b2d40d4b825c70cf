#include "pyc_header.h"

#include <cstddef>

#include "siphash.h"

namespace envlock::verify {
namespace {

constexpr std::size_t kHeaderBytes = 16;
constexpr std::uint32_t kHashBased = 1;
constexpr std::uint32_t kCheckSource = 2;

std::uint32_t read_word(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    word |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return word;
}

/// Two bytes of a number that grows with the bytecode, then CR LF.
constexpr std::uint32_t magic_of(std::uint32_t number) {
  return number | (std::uint32_t{'\r'} << 16) | (std::uint32_t{'\n'} << 24);
}

struct Release {
  std::string_view version;
  std::uint32_t number;
  bool is_short;  ///< SipHash-1-3 instead of 2-4
};

/// The number of each final release; it does not change within a minor version.
/// Source: CPython, the list in Include/internal/pycore_magic_number.h. 3.11 took SipHash-1-3.
constexpr Release kReleases[] = {
    {"3.8", 3413, false}, {"3.9", 3425, false}, {"3.10", 3439, false}, {"3.11", 3495, true},
    {"3.12", 3531, true}, {"3.13", 3571, true}, {"3.14", 3627, true},
};

}  // namespace

std::optional<PycHeader> parse_pyc_header(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  PycHeader header;
  header.magic = read_word(bytes, 0);
  const std::uint32_t flags = read_word(bytes, 4);
  if ((flags & ~(kHashBased | kCheckSource)) != 0) return std::nullopt;
  header.is_hash_based = (flags & kHashBased) != 0;
  header.is_checked = (flags & kCheckSource) != 0;
  header.mtime = read_word(bytes, 8);
  header.size = read_word(bytes, 12);
  header.source_hash = header.mtime | std::uint64_t{header.size} << 32;
  return header;
}

std::optional<PycFormat> pyc_format(std::string_view python_version) {
  for (const Release& release : kReleases) {
    if (release.version != python_version) continue;
    return release.is_short ? PycFormat{magic_of(release.number), 1, 3} : PycFormat{magic_of(release.number), 2, 4};
  }
  return std::nullopt;
}

std::uint64_t source_hash(const PycFormat& format, std::string_view source) {
  return siphash(format.compression_rounds, format.finalization_rounds, format.magic, source);
}

std::optional<CachedName> parse_cached_name(std::string_view name) {
  constexpr std::string_view kEnd = ".pyc";
  if (name.size() <= kEnd.size() || name.substr(name.size() - kEnd.size()) != kEnd) return std::nullopt;
  name.remove_suffix(kEnd.size());
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const std::string_view rest = name.substr(dot + 1);
  const std::string_view tag = rest.substr(0, rest.find('.'));
  if (tag.empty()) return std::nullopt;
  return CachedName{std::string(name.substr(0, dot)), std::string(tag)};
}

}  // namespace envlock::verify
