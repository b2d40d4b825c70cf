#include "replacement_places.h"

#include <algorithm>
#include <cctype>

namespace envlock::prefix {

namespace {

constexpr std::size_t kNpos = std::string_view::npos;
// A prefix such as "/" would stand everywhere; then there is nothing to tell, and memory to save.
constexpr std::size_t kMaxPlaces = 200'000;

std::size_t zeros_at(std::string_view data, std::size_t begin, std::size_t most) {
  const std::size_t end = data.size() - begin < most ? data.size() : begin + most;
  return std::min(data.find_first_not_of('\0', begin), end) - begin;
}

std::size_t aligned_nul(std::string_view data, std::size_t from, std::size_t unit) {
  if (unit == 1) return std::min(data.find('\0', from), data.size());
  std::size_t at = from;
  while (at + unit <= data.size() && data.substr(at, unit).find_first_not_of('\0') != kNpos) at += unit;
  return at + unit <= data.size() ? at : data.size();
}

bool is_path_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("._+-").find(c) != kNpos;
}

}  // namespace

PrefixPlaces::PrefixPlaces(std::string_view installed, FileMode mode, std::string_view placeholder,
                           std::string_view prefix)
    : installed_(installed), pairs_(encode_all(prefix, placeholder)) {
  for (const EncodedPair& pair : pairs_) {
    if (mode == FileMode::text) {
      find_in_text(pair);
    } else if (pair.to.size() >= pair.from.size()) {
      find_in_binary(pair);
    }
  }
  if (places_.size() > kMaxPlaces) places_.clear();
  drop_overlaps();
}

void PrefixPlaces::find_in_text(const EncodedPair& pair) {
  for (std::size_t at = position_of(installed_, pair.from); at != kNpos && places_.size() <= kMaxPlaces;
       at = position_of(installed_, pair.from, at + pair.from.size())) {
    places_.push_back({.offset = at, .run = 0, .pair = &pair});
  }
}

void PrefixPlaces::find_in_binary(const EncodedPair& pair) {
  const std::size_t freed = pair.to.size() - pair.from.size();
  std::size_t end = 0;
  for (std::size_t at = position_of(installed_, pair.from); at != kNpos && places_.size() <= kMaxPlaces;
       at = position_of(installed_, pair.from, end)) {
    end = aligned_nul(installed_, at + pair.from.size(), pair.unit);
    const std::string_view text = installed_.substr(0, end);
    std::vector<std::size_t> offsets;
    for (; at != kNpos; at = position_of(text, pair.from, at + pair.from.size())) offsets.push_back(at);
    std::size_t most = offsets.size();
    if (freed > 0) {
      // One NUL ends the run, unless the file does; only what comes on top was put there.
      const std::size_t zeros = zeros_at(installed_, end, most * freed + pair.unit);
      const bool ends_with_file = end + zeros == installed_.size();
      most = std::min(most, (ends_with_file ? zeros : zeros - std::min(zeros, pair.unit)) / freed);
    }
    if (most == 0) continue;
    for (const std::size_t offset : offsets) {
      places_.push_back({.offset = offset, .run = runs_.size(), .pair = &pair});
    }
    runs_.push_back({.end = end, .freed = freed, .most = most});
  }
}

void PrefixPlaces::drop_overlaps() {
  std::stable_sort(places_.begin(), places_.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  std::size_t end = 0;
  std::size_t run = kNpos;  // the run that reaches to `end`
  std::erase_if(places_, [&](const Place& place) {
    const bool same_run = !runs_.empty() && place.run == run;
    if (place.offset < end && !same_run) return true;
    end = runs_.empty() ? place.offset + place.pair->from.size()
                        : runs_[place.run].end + runs_[place.run].most * runs_[place.run].freed;
    run = place.run;
    return false;
  });
}

Edits PrefixPlaces::edits(const std::vector<bool>& kept, std::size_t begin) const {
  Edits edits;
  for (std::size_t i = 0; i < places_.size();) {
    const std::size_t run = places_[i].run;
    const std::size_t most = runs_.empty() ? kNpos : runs_[run].most;
    std::size_t undone = 0;
    for (; i < places_.size() && places_[i].run == run; ++i) {
      const Place& place = places_[i];
      if (place.offset < begin || undone == most || (!kept.empty() && kept[i])) continue;
      edits.push_back({.offset = place.offset, .removed = place.pair->from.size(), .inserted = place.pair->to});
      ++undone;
    }
    if (!runs_.empty() && undone > 0 && runs_[run].freed > 0) {
      edits.push_back({.offset = runs_[run].end, .removed = undone * runs_[run].freed, .inserted = {}});
    }
  }
  return edits;
}

std::vector<bool> PrefixPlaces::within_longer_names() const {
  std::vector<bool> marks(places_.size(), false);
  bool any = false;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const std::size_t end = places_[i].offset + places_[i].pair->from.size();
    const char next = end < installed_.size() ? installed_[end] : '\0';
    marks[i] = next != '.' && is_path_character(next);
    any = any || marks[i];
  }
  return any ? marks : std::vector<bool>();
}

std::string PrefixPlaces::surroundings(std::size_t place) const {
  const std::size_t offset = places_[place].offset;
  std::string text(1, offset > 0 && is_path_character(installed_[offset - 1]) ? 'p' : '-');
  int parts = 0;
  for (std::size_t at = offset + places_[place].pair->from.size(); at < installed_.size() && text.size() < 64; ++at) {
    const char c = installed_[at];
    if (c == '/' ? ++parts > 2 : !is_path_character(c)) break;
    text.push_back(c);
  }
  return text;
}

}  // namespace envlock::prefix
