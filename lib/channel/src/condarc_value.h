#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::channel {

/// What a "#!" remark behind a line says about its precedence.
enum class Flag { none, final, top, bottom };

struct RawScalar {
  std::string text;
  bool is_null = false;
  bool is_plain = true;  ///< not quoted: `true` is a truth value and "true" is one too, as conda has it
  Flag flag = Flag::none;
  core::SourceSpan where;
};

struct RawList {
  std::vector<RawScalar> items;
};

/// A key's value in one source. A map's values are scalars or lists, deeper things are refused when they are read.
struct RawValue {
  std::variant<RawScalar, RawList, std::map<std::string, RawValue>> value;
  Flag flag = Flag::none;  ///< of the key's own line
  core::SourceSpan where;  ///< of the key
};

/// One file, or the environment.
using RawSource = std::map<std::string, RawValue>;

/// How much of a key matters: conda has many that do not concern us, and plugins add more.
enum class Interest { none, presence, value };

/// Reads a .condarc as far as `interest` goes. Mistakes are added to `problems`.
RawSource parse_condarc(std::string_view bytes, const std::string& file, Interest (*interest)(std::string_view key),
                        std::vector<core::Diagnostic>& problems);

/// Merges what the sources (lowest precedence first) say of one key. Absent values are left out.
/// Source: conda's configuration engine: the highest scalar wins; lists are joined, highest first, `#!top` items before
/// and `#!bottom` items behind, first mention kept; maps are united and their values merged likewise; a source whose
/// key is `#!final` hides all of higher precedence.
RawScalar merge_scalars(const std::vector<RawValue>& sources);
std::vector<RawScalar> merge_lists(const std::vector<RawValue>& sources);
std::map<std::string, RawValue> merge_maps(const std::vector<RawValue>& sources);

}  // namespace envlock::channel
