#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "replacement_encoding.h"
#include "replacement_rules.h"

namespace envlock::prefix {

namespace {

constexpr std::size_t kNpos = std::string_view::npos;

// How many bytes one replacement frees.
std::size_t freed_bytes(const EncodedPair& pair, const PrefixChange& change) {
  if (pair.to.size() <= pair.from.size()) return pair.from.size() - pair.to.size();
  throw core::Error(core::Diagnostic{
      .code = "prefix-too-long",
      .what = "the prefix is longer than the place that a binary file has for it",
      .where = {},
      .why = {"want at most " + std::to_string(change.placeholder.size()) + " bytes, the length of its placeholder",
              "have " + std::to_string(change.prefix.size()) + " bytes"},
      .hints = {"choose a prefix with a shorter path"}});
}

// conda, one encoding: a run goes from a placeholder to the first NUL after it, wherever that is aligned; without a
// NUL it is left alone. A run keeps its length.
void replace_runs_as_conda(char* bytes, std::size_t size, const EncodedPair& pair, const PrefixChange& change) {
  const std::string_view data(bytes, size);
  const std::string nul(pair.unit, '\0');
  std::size_t done = 0;
  for (std::size_t at = position_of(data, pair.from); at != kNpos; at = position_of(data, pair.from, done)) {
    const std::size_t nul_at = position_of(data, nul, at + pair.from.size());
    if (nul_at == kNpos) break;
    done = nul_at + pair.unit;
    const std::string_view run = data.substr(at, done - at);
    std::string changed = replace_all(run, pair.from, pair.to);
    changed.append(count_of(run, pair.from) * freed_bytes(pair, change), '\0');
    changed.copy(bytes + at, run.size());
  }
}

// One search for both orders of a wide encoding: in most texts the one is the other, moved by some bytes. Empty: not in
// this text.
std::string_view common_part(const EncodedPair& little, const EncodedPair& big) {
  const std::size_t moved = little.unit - 1;
  const std::string_view part = std::string_view(little.from).substr(0, little.from.size() - moved);
  return std::string_view(big.from).substr(moved) == part ? part : std::string_view();
}

// A run with placeholders in it, as rattler and mamba see it.
struct Run {
  std::vector<std::size_t> offsets;  // of the placeholders
  std::size_t end;                   // of the text: where the NUL is, or the end of the file
  const EncodedPair* pair;
};

// The first NUL of the encoding at or after `from`, in steps of its code unit.
std::size_t aligned_nul(std::string_view data, std::size_t from, std::size_t unit) {
  if (unit == 1) return data.find('\0', from);
  for (std::size_t at = from; at + unit <= data.size(); at += unit) {
    const std::string_view here = data.substr(at, unit);
    if (here.find_first_not_of('\0') == kNpos) return at;
  }
  return kNpos;
}

// rattler: the lower the rank, the likelier that the run is what it seems. UTF-16-LE and -BE of one text are the same
// bytes, shifted by one, so that each is found where the other stands.
int rank_of(std::size_t offset, std::size_t unit, bool has_end) {
  if (unit == 1) return 0;
  return (offset % unit == 0 ? 1 : 3) + (has_end ? 0 : 1);
}

using Ranked = std::pair<int, Run>;

void find_runs(std::string_view data, const EncodedPair& pair, std::vector<Ranked>& runs) {
  std::vector<std::size_t> covered(pair.unit, 0);  // for each alignment, up to where runs were found
  for (std::size_t at = position_of(data, pair.from); at != kNpos;
       at = position_of(data, pair.from, at + pair.from.size())) {
    std::size_t& covered_here = covered[at % pair.unit];
    if (at < covered_here) continue;
    const std::size_t nul_at = aligned_nul(data, at + pair.from.size(), pair.unit);
    Run run{.offsets = {}, .end = std::min(nul_at, data.size()), .pair = &pair};
    const std::string_view text = data.substr(0, run.end);
    for (std::size_t next = at; next != kNpos; next = position_of(text, pair.from, next + pair.from.size())) {
      run.offsets.push_back(next);
    }
    covered_here = run.end;
    const int rank = rank_of(at, pair.unit, nul_at != kNpos);
    runs.emplace_back(rank, std::move(run));
  }
}

// The best runs that do not overlap a better one, by where they begin.
std::map<std::size_t, Run> best_runs(std::vector<Ranked> ranked) {
  std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return std::tuple(a.first, a.second.offsets.front()) < std::tuple(b.first, b.second.offsets.front());
  });
  std::map<std::size_t, Run> kept;
  for (auto& [rank, run] : ranked) {
    const std::size_t begin = run.offsets.front();
    const auto later = kept.upper_bound(begin);
    const bool overlaps_earlier = later != kept.begin() && begin < std::prev(later)->second.end;
    const bool overlaps_later = later != kept.end() && later->first < run.end;
    if (!overlaps_earlier && !overlaps_later) kept.emplace(begin, std::move(run));
  }
  return kept;
}

// rattler and mamba: a run ends at a NUL or with the file, and is padded there.
std::string replace_runs(std::string_view data, const std::vector<EncodedPair>& pairs, const PrefixChange& change) {
  std::vector<Ranked> ranked;
  for (const EncodedPair& pair : pairs) find_runs(data, pair, ranked);
  std::string out;
  out.reserve(data.size());
  std::size_t done = 0;
  for (const auto& [begin, run] : best_runs(std::move(ranked))) {
    const std::size_t freed = freed_bytes(*run.pair, change);
    for (const std::size_t offset : run.offsets) {
      out.append(data.substr(done, offset - done)).append(run.pair->to);
      done = offset + run.pair->from.size();
    }
    out.append(data.substr(done, run.end - done)).append(run.offsets.size() * freed, '\0');
    done = run.end;
  }
  out.append(data.substr(done));
  return out;
}

/// As encode_all; the files of one environment mostly ask for the same again.
const std::vector<EncodedPair>& encoded_again(const PrefixChange& change) {
  struct Last {
    std::string placeholder, prefix;
    std::vector<EncodedPair> pairs;
  };
  static thread_local Last last;
  if (last.placeholder != change.placeholder || last.prefix != change.prefix || last.pairs.empty()) {
    last = {std::string(change.placeholder), std::string(change.prefix), encode_all(change.placeholder, change.prefix)};
  }
  return last.pairs;
}

}  // namespace

void replace_binary_as_conda(char* bytes, std::size_t size, const PrefixChange& change) {
  const std::vector<EncodedPair>& pairs = encoded_again(change);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    // UTF-16 and UTF-32 come as two orders, the little one first.
    if (i % 2 == 1) {
      const std::string_view part = common_part(pairs[i], pairs[i + 1]);
      if (!part.empty() && position_of(std::string_view(bytes, size), part) == kNpos) {
        ++i;
        continue;
      }
    }
    replace_runs_as_conda(bytes, size, pairs[i], change);
  }
}

std::string replace_binary(std::string_view original, const PrefixChange& change, Dialect dialect) {
  if (dialect == Dialect::conda) {
    std::string bytes(original);
    replace_binary_as_conda(bytes.data(), bytes.size(), change);
    return bytes;
  }
  std::vector<EncodedPair> pairs = encode_all(change.placeholder, change.prefix);
  if (dialect == Dialect::mamba && pairs.size() > 1) pairs.resize(1);
  return replace_runs(original, pairs, change);
}

}  // namespace envlock::prefix
