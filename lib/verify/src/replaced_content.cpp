#include "replaced_content.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "envlock/core/diagnostic.h"

namespace envlock::verify {
namespace {

/// Small enough that a piece, its replacement and what is on disk stay in the processor's cache.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
/// A file in which no place to cut is found for so long is not compared: no real package has one.
constexpr std::size_t kLongestPiece = std::size_t{256} << 20;
constexpr std::array<prefix::Dialect, 3> kDialects{prefix::Dialect::conda, prefix::Dialect::rattler,
                                                   prefix::Dialect::mamba};

/// Where bytes are cut: after so many, 0 when nowhere.
struct Cut {
  std::size_t length = 0;
  bool is_clean = false;  ///< known: no placeholder stands before it
};

/// The length of the longest start of `bytes` that may be replaced by itself; 0 when there is none.
/// Text: after a line feed, which no path holds in any encoding. Binary: within a run of NULs so long that a path in
/// UTF-32, and the NULs that end it, lie wholly on one side.
std::size_t cut(std::string_view bytes, prefix::FileMode mode) {
  if (mode == prefix::FileMode::text) {
    // The rules for a first line must not meet a line within the file: what follows the cut is no "#!".
    for (std::size_t end = bytes.size(); end >= 2;) {
      const std::size_t line = bytes.rfind('\n', end - 2);
      if (line == std::string_view::npos) return 0;
      if (line + 2 < bytes.size() && bytes.substr(line + 1, 2) != "#!") return line + 1;
      end = line + 1;
    }
    return 0;
  }
  // A look at every 16th byte meets each run of 32, and costs little where there is none.
  constexpr std::size_t kRun = 16;
  for (std::size_t at = bytes.size(); at > kRun; at -= kRun) {
    if (bytes[at - 1] != '\0') continue;
    const std::size_t last = bytes.find_first_not_of('\0', at - 1);
    const std::size_t before = bytes.find_last_not_of('\0', at - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t end = last == std::string_view::npos ? bytes.size() : last;
    if (end - begin >= kRun) return begin + kRun / 2;
  }
  return 0;
}

/// What stands wherever the placeholder does, in one needle for each width of its encodings: the orders of UTF-16 share
/// all but their ends, and so do those of UTF-32. Empty when it cannot be told so simply.
std::vector<std::string> traces_of(const std::string& placeholder) {
  const auto is_ascii = [](char c) { return c > 0; };
  if (placeholder.empty() || !std::all_of(placeholder.begin(), placeholder.end(), is_ascii)) return {};
  std::vector<std::string> traces;
  for (const std::size_t zeros : {0, 1, 3}) {
    std::string trace;
    for (const char c : placeholder) trace.append(trace.empty() ? 0 : zeros, '\0') += c;
    traces.push_back(std::move(trace));
  }
  return traces;
}

std::size_t position_of(std::string_view bytes, const std::string& needle, std::size_t from = 0) {
  const void* found = memmem(bytes.data() + from, bytes.size() - from, needle.data(), needle.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

/// A place to cut a binary without a run of NULs: no placeholder reaches over it, and what those before it change ends
/// before it. Whole characters stand before it, as a dialect asks where wide ones are aligned.
Cut cut_behind_placeholders(std::string_view bytes, const std::vector<std::string>& traces) {
  constexpr std::size_t kWidest = 4;
  if (traces.empty() || bytes.size() <= kWidest * traces.front().size()) return {};
  for (std::size_t i = 1; i < traces.size(); ++i) {
    if (position_of(bytes, traces[i]) != std::string_view::npos) return {};
  }
  const std::size_t length = (bytes.size() - kWidest * traces.front().size()) / kWidest * kWidest;
  std::size_t last = std::string_view::npos;
  for (std::size_t at = position_of(bytes, traces.front()); at != std::string_view::npos;
       at = position_of(bytes, traces.front(), at + 1)) {
    last = at;
  }
  if (last == std::string_view::npos) return {.length = length, .is_clean = true};
  // All dialects end what they change at the first NUL.
  return {.length = bytes.find('\0', last) < length ? length : 0, .is_clean = false};
}

/// The best place to cut; the cheapest to find comes first. Real libraries have runs of NULs nearly everywhere.
Cut best_cut(std::string_view bytes, prefix::FileMode mode, const std::vector<std::string>& traces) {
  constexpr std::size_t kNear = std::size_t{16} << 10;
  if (mode == prefix::FileMode::text || bytes.size() <= kNear) return {.length = cut(bytes, mode)};
  const std::size_t before = bytes.size() - kNear;
  const std::size_t near = cut(bytes.substr(before), mode);
  if (near > 0) return {.length = before + near};
  const Cut behind = cut_behind_placeholders(bytes, traces);
  return behind.length > 0 ? behind : Cut{.length = cut(bytes, mode)};
}

}  // namespace

ReplacedContent::ReplacedContent(DiskFile file, prefix::Placeholder placeholder, std::vector<std::string> prefixes)
    : file_(std::move(file)),
      placeholder_(std::move(placeholder)),
      traces_(traces_of(placeholder_.text)),
      next_cut_(kPieceBytes) {
  for (std::string& prefix : prefixes) {
    for (const prefix::Dialect dialect : kDialects) attempts_.push_back({prefix, dialect, 0, std::nullopt, false});
  }
}

bool ReplacedContent::is_over() const {
  return !reason_.empty() || std::all_of(attempts_.begin(), attempts_.end(), [](const Attempt& attempt) {
    return attempt.first_difference || attempt.too_long;
  });
}

void ReplacedContent::add(std::string_view original) {
  if (is_over()) return;
  pending_.append(original);
  if (pending_.size() < next_cut_) return;
  const auto [length, is_clean] = best_cut(pending_, placeholder_.mode, traces_);
  // Without a place to cut the next look is worth its time only when there is much more to look at.
  next_cut_ = length > 0 ? kPieceBytes : 2 * pending_.size();
  if (length > 0) {
    const std::string_view piece = std::string_view(pending_).substr(0, length);
    if (!compare_untouched(piece, is_clean)) compare(piece, false);
    pending_.erase(0, length);
  } else if (pending_.size() > kLongestPiece) {
    reason_ = "it has no place where it could be cut, and is too large to be compared in one piece";
    pending_.clear();
  }
}

/// Most pieces of a library hold no placeholder: they are on disk as they are, whoever installed them.
bool ReplacedContent::compare_untouched(std::string_view piece, bool is_clean) {
  if (placeholder_.mode != prefix::FileMode::binary || traces_.empty()) return false;
  const std::uint64_t offset = attempts_.front().offset;
  const auto is_level = [&](const Attempt& attempt) {
    return !attempt.first_difference && !attempt.too_long && attempt.offset == offset;
  };
  if (!std::all_of(attempts_.begin(), attempts_.end(), is_level)) return false;
  const auto is_in_piece = [&](const std::string& trace) {
    return position_of(piece, trace) != std::string_view::npos;
  };
  if (!is_clean && std::any_of(traces_.begin(), traces_.end(), is_in_piece)) return false;
  if (!read(offset, piece.size())) return false;
  if (have_ != piece) return false;
  for (Attempt& attempt : attempts_) attempt.offset += piece.size();
  hasher_.update(have_);
  return true;
}

/// False when there is less.
bool ReplacedContent::read(std::uint64_t offset, std::size_t count) {
  have_.resize(count);
  have_.resize(file_.read(offset, have_.data(), count));
  return have_.size() == count;
}

void ReplacedContent::compare(std::string_view piece, bool last) {
  for (Attempt& attempt : attempts_) {
    if (attempt.first_difference || attempt.too_long) continue;
    compare(attempt, piece, last);
    // With the whole file in hand the first that fits is the answer.
    if (last && attempt.offset == file_.size() && !attempt.first_difference && !attempt.too_long) return;
  }
}

void ReplacedContent::compare(Attempt& attempt, std::string_view piece, bool last) {
  std::string want;
  try {
    want = prefix::replace_prefix(piece, placeholder_, attempt.prefix, attempt.dialect);
  } catch (const core::Error&) {
    attempt.too_long = true;
    return;
  }
  read(attempt.offset, last ? want.size() + 1 : want.size());
  if (want == have_) {
    attempt.offset += want.size();
    if (&attempt == attempts_.data()) hasher_.update(have_);
    return;
  }
  const auto differs = std::mismatch(want.begin(), want.end(), have_.begin(), have_.end()).first;
  attempt.first_difference = attempt.offset + static_cast<std::uint64_t>(differs - want.begin());
}

ReplacedOutcome ReplacedContent::finish() {
  ReplacedOutcome outcome;
  if (!is_over()) compare(pending_, true);
  file_.check_unchanged();
  outcome.reason = file_.failure().empty() ? reason_ : file_.failure();
  if (!outcome.reason.empty()) return outcome;
  for (const Attempt& attempt : attempts_) {
    if (attempt.first_difference || attempt.too_long || attempt.offset != file_.size()) continue;
    if (&attempt == attempts_.data()) outcome.sha256 = hasher_.finish();
    outcome.dialect = attempt.dialect;
    outcome.prefix = attempt.prefix;
    return outcome;
  }
  outcome.first_difference = attempts_.front().first_difference;
  outcome.too_long = attempts_.front().too_long;
  return outcome;
}

std::optional<std::string> guess_prefix(std::string_view original, std::string_view on_disk,
                                        const prefix::Placeholder& placeholder) {
  const std::size_t at = original.find(placeholder.text);
  if (at == std::string_view::npos || placeholder.text.empty()) return std::nullopt;
  if (on_disk.substr(0, at) != original.substr(0, at)) return std::nullopt;
  // What follows the placeholder up to the end of the path, and the character that ends it, follow the prefix on disk.
  const std::string_view rest = original.substr(at + placeholder.text.size());
  const std::size_t end = rest.find_first_of(std::string_view("\0\n\"' :;", 7));
  const std::string_view after = rest.substr(0, end == std::string_view::npos ? end : end + 1);
  const std::string_view tail = on_disk.substr(std::min(at, on_disk.size()));
  const std::size_t length = after.empty() ? tail.size() : tail.find(after);
  if (length == std::string_view::npos || length < 2 || tail.front() != '/') return std::nullopt;
  const std::string_view path = tail.substr(0, length);
  if (path.find_first_of(std::string_view("\0\n", 2)) != std::string_view::npos) return std::nullopt;
  return std::string(path);
}

}  // namespace envlock::verify
