#include "conflict_markers.h"

#include "envlock/core/diagnostic.h"
#include "source_text.h"

namespace envlock::lock {
namespace {

enum class Marker { none, ours, base, theirs, end };

Marker marker_of(std::string_view line) {
  const auto is = [&](char c) {
    return line.size() >= 7 && line.substr(0, 7) == std::string(7, c) &&
           (line.size() == 7 || line[7] == ' ' || line[7] == '\r');
  };
  if (is('<')) return Marker::ours;
  if (is('|')) return Marker::base;
  if (is('=')) return Marker::theirs;
  if (is('>')) return Marker::end;
  return Marker::none;
}

// Calls visit(offset, line with its newline) for every line until it returns false.
template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t newline = text.find('\n', begin);
    const std::size_t end = newline == std::string_view::npos ? text.size() : newline + 1;
    if (!visit(begin, text.substr(begin, end - begin))) return;
    begin = end;
  }
}

std::string_view without_newline(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::optional<std::size_t> find_conflict_marker(std::string_view text) {
  std::optional<std::size_t> found;
  for_each_line(text, [&](std::size_t offset, std::string_view line) {
    if (marker_of(without_newline(line)) != Marker::none) found = offset;
    return !found;
  });
  return found;
}

ConflictSides split_conflict(std::string_view text, const std::string& file) {
  ConflictSides sides;
  Marker inside = Marker::none;  // the marker whose part we are in
  std::size_t opened_at = 0;
  const auto fail = [&](std::size_t offset, const char* what) {
    throw core::Error({.code = "lock-invalid",
                       .what = what,
                       .where = span_of(text, file, offset, offset + 7),
                       .hints = {"restore the file from one of the branches, then run `envlock lock`"}});
  };
  for_each_line(text, [&](std::size_t offset, std::string_view line) {
    const Marker marker = marker_of(without_newline(line));
    const bool in_order = marker == Marker::none || (marker == Marker::ours && inside == Marker::none) ||
                          (marker == Marker::base && inside == Marker::ours) ||
                          (marker == Marker::theirs && (inside == Marker::ours || inside == Marker::base)) ||
                          (marker == Marker::end && inside == Marker::theirs);
    if (!in_order) fail(offset, "this conflict marker does not fit the one before it");
    if (marker == Marker::ours) opened_at = offset;
    if (marker != Marker::none) {
      inside = marker == Marker::end ? Marker::none : marker;
      return true;
    }
    if (inside == Marker::none || inside == Marker::ours) sides.ours += line;
    if (inside == Marker::none || inside == Marker::theirs) sides.theirs += line;
    return true;
  });
  if (inside != Marker::none) fail(opened_at, "this conflict marker is not followed by its end");
  return sides;
}

}  // namespace envlock::lock
