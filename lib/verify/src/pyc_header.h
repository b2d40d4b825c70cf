#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::verify {

/// The first 16 bytes of a pyc. Source: PEP 552.
struct PycHeader {
  std::uint32_t magic = 0;
  bool is_hash_based = false;
  bool is_checked = false;  ///< hash-based: python looks at the source before it believes the pyc
  std::uint32_t mtime = 0;  ///< of the source, its low 32 bits; otherwise:
  std::uint32_t size = 0;
  std::uint64_t source_hash = 0;
};
/// Absent: too short, or flags that no python knows.
std::optional<PycHeader> parse_pyc_header(std::string_view bytes);

/// What a python release writes into its pyc files.
struct PycFormat {
  std::uint32_t magic = 0;
  int compression_rounds = 0;  ///< of the SipHash that takes the source's hash
  int finalization_rounds = 0;
};
/// Of CPython "3.8" to "3.14"; absent for others.
std::optional<PycFormat> pyc_format(std::string_view python_version);

/// The hash that a hash-based pyc holds of its source.
std::uint64_t source_hash(const PycFormat& format, std::string_view source);

/// "x.cpython-312.opt-1.pyc" -> {"x", "cpython-312"}. Absent for a name that is none of a __pycache__.
struct CachedName {
  std::string module;
  std::string tag;
};
std::optional<CachedName> parse_cached_name(std::string_view name);

}  // namespace envlock::verify
