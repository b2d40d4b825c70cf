#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "replacement_encoding.h"
#include "replacement_rules.h"
#include "replacement_shebang.h"

namespace envlock::prefix {

namespace {

constexpr std::size_t kNpos = std::string_view::npos;

// conda: in a first line, "#!" and the placeholder become "#!" and the prefix with its spaces escaped, which the
// rule for long lines below then takes for its sign.
std::string escape_first_line(const std::string& data, const PrefixChange& change, std::size_t encoding) {
  const std::size_t line_end = data.find('\n');
  if (line_end == kNpos) return data;
  const std::string from = encode("#!" + std::string(change.placeholder), encoding);
  const std::string to = encode("#!" + replace_all(change.prefix, " ", "\\ "), encoding);
  const std::string_view line = std::string_view(data).substr(0, line_end);
  if (position_of(line, from) == kNpos) return data;
  return replace_all(line, from, to).append(data, line_end);
}

std::string shorten_as_conda(std::string data) {
  const std::string line = data.substr(0, data.find('\n'));
  const std::optional<Shebang> shebang = parse_shebang(line);
  if (!shebang) return data;
  const std::string_view folder =
      shebang->executable.substr(0, shebang->executable.size() - file_name_of(shebang->executable).size());
  if (line.size() <= kMaxShebangBytes && folder.find("\\ ") == kNpos) return data;
  // Wherever the same line stands again in the file, conda changes it too.
  return replace_all(data, line, env_shebang(*shebang));
}

std::string replace_as_conda(std::string_view original, const PrefixChange& change) {
  std::string data(original);
  const std::vector<EncodedPair> pairs = encode_all(change.placeholder, change.prefix);
  for (std::size_t encoding = 0; encoding < pairs.size(); ++encoding) {
    if (position_of(data, pairs[encoding].from) == kNpos) continue;
    data = replace_all(escape_first_line(data, change, encoding), pairs[encoding].from, pairs[encoding].to);
  }
  return shorten_as_conda(std::move(data));
}

// mamba: UTF-8 alone; its pattern does not reach over a carriage return.
std::string replace_as_mamba(std::string_view original, const PrefixChange& change) {
  std::string data = replace_all(original, change.placeholder, change.prefix);
  const std::string line = data.substr(0, data.find('\n'));
  const std::optional<Shebang> shebang = parse_shebang(line);
  if (!shebang || line.size() <= kMaxShebangBytes || shebang->options.find('\r') != kNpos) return data;
  return env_shebang(*shebang).append(data, line.size());
}

// "python", "python3", "python3.12"
bool is_python(std::string_view name) {
  if (!name.starts_with("python")) return false;
  name.remove_prefix(6);
  const auto skip_digits = [&name] {
    const std::size_t end = std::min(name.find_first_not_of("0123456789"), name.size());
    name.remove_prefix(end);
    return end > 0;
  };
  if (name.empty()) return true;
  if (!skip_digits()) return false;
  if (name.empty()) return true;
  if (name.front() != '.') return false;
  name.remove_prefix(1);
  return skip_digits() && name.empty();
}

std::string shorten_as_rattler(const std::string& line) {
  const std::optional<Shebang> shebang = parse_shebang(line);
  if (!shebang) return line;
  const bool python = is_python(file_name_of(shebang->executable));
  return python ? shell_shebang(shebang->executable, shebang->options) : env_shebang(*shebang);
}

// rattler reads the first line as text: what is no UTF-8 in it becomes U+FFFD, once for each part that could have begun
// a character (the Unicode Standard, section 3.9, "maximal subpart").
std::string as_text(std::string_view bytes);

std::string first_line_as_rattler(std::string_view bytes, const PrefixChange& change) {
  const std::string line = as_text(bytes);
  if (change.prefix.find(' ') != kNpos) {
    if (position_of(line, change.placeholder) == kNpos) return line;
    return replace_all(shorten_as_rattler(line), change.placeholder, change.prefix);
  }
  const std::string replaced = replace_all(line, change.placeholder, change.prefix);
  return replaced.size() <= kMaxShebangBytes ? replaced : shorten_as_rattler(replaced);
}

struct Occurrence {
  std::size_t offset;
  const EncodedPair* pair;

  std::size_t end() const { return offset + pair->from.size(); }
  // UTF-16-LE and -BE of one text are the same bytes, shifted by one: what is aligned is likelier meant.
  int rank() const { return pair->unit == 1 ? 0 : offset % pair->unit == 0 ? 1 : 2; }
};

// Those of all encodings that do not overlap a likelier or, of the same rank, an earlier one, by offset.
std::map<std::size_t, Occurrence> occurrences(std::string_view text, const std::vector<EncodedPair>& pairs) {
  std::vector<Occurrence> found;
  for (const EncodedPair& pair : pairs) {
    for (std::size_t at = position_of(text, pair.from); at != kNpos;
         at = position_of(text, pair.from, at + pair.from.size())) {
      found.push_back({.offset = at, .pair = &pair});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.rank(), a.offset) < std::tuple(b.rank(), b.offset);
  });
  std::map<std::size_t, Occurrence> kept;
  for (const Occurrence& occurrence : found) {
    const auto later = kept.upper_bound(occurrence.offset);
    const bool overlaps_earlier = later != kept.begin() && occurrence.offset < std::prev(later)->second.end();
    const bool overlaps_later = later != kept.end() && later->first < occurrence.end();
    if (!overlaps_earlier && !overlaps_later) kept.emplace(occurrence.offset, occurrence);
  }
  return kept;
}

std::string replace_as_rattler(std::string_view original, const PrefixChange& change) {
  const std::vector<EncodedPair> pairs = encode_all(change.placeholder, change.prefix);
  std::string out;
  std::size_t done = 0;
  if (original.starts_with("#!")) {
    done = std::min(original.find('\n'), original.size());
    out = first_line_as_rattler(original.substr(0, done), change);
  }
  for (const auto& [offset, occurrence] : occurrences(original, pairs)) {
    if (offset < done) continue;
    out.append(original.substr(done, offset - done)).append(occurrence.pair->to);
    done = occurrence.end();
  }
  out.append(original.substr(done));
  return out;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

// How many bytes at `at` are a character (`whole`), or as much of one as could have been its beginning.
std::size_t character_length(std::string_view bytes, bool& whole) {
  const auto first = static_cast<unsigned char>(bytes.front());
  whole = first < 0x80;
  if (first < 0xC2 || first > 0xF4) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= bytes.size() || !is_continuation(bytes[i])) return i;
    const auto second = static_cast<unsigned char>(bytes[1]);
    const bool impossible = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                            (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    if (i == 1 && impossible) return 1;
  }
  whole = true;
  return length;
}

std::string as_text(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    bool whole = false;
    const std::size_t length = character_length(bytes, whole);
    out.append(whole ? bytes.substr(0, length) : std::string_view("\xEF\xBF\xBD"));
    bytes.remove_prefix(length);
  }
  return out;
}

}  // namespace

std::string replace_text(std::string_view original, const PrefixChange& change, Dialect dialect) {
  if (change.placeholder.empty()) return std::string(original);
  switch (dialect) {
    case Dialect::conda:
      return replace_as_conda(original, change);
    case Dialect::rattler:
      return replace_as_rattler(original, change);
    case Dialect::mamba:
      break;
  }
  return replace_as_mamba(original, change);
}

}  // namespace envlock::prefix
