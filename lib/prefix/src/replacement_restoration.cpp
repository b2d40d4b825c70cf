#include "replacement_restoration.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <utility>

#include "replacement_shebang.h"

namespace envlock::prefix {

namespace {

constexpr std::size_t kNpos = std::string_view::npos;
constexpr std::size_t kMaxTries = 4096;
constexpr std::size_t kMaxBytes = std::size_t{256} << 20;
constexpr std::size_t kMaxFreeChoices = 12;              // 2^12 is kMaxTries
constexpr std::size_t kMaxMarks = std::size_t{1} << 28;  // bits of all selections together
constexpr std::string_view kEnv = "#!/usr/bin/env ";
constexpr std::string_view kShell = "#!/bin/sh\n'''exec' \"";
constexpr std::string_view kShellEnd = " \"$0\" \"$@\" #'''";

// All ways to leave out some of `classes`, those that leave out few first.
std::vector<std::uint32_t> masks(std::size_t classes) {
  std::vector<std::uint32_t> all(std::size_t{1} << classes);
  for (std::uint32_t mask = 0; mask < all.size(); ++mask) all[mask] = mask;
  std::stable_sort(all.begin(), all.end(), [](auto a, auto b) { return std::popcount(a) < std::popcount(b); });
  return all;
}

}  // namespace

// Hashes candidates until one is right or the work is done.
class Restoration::Tries {
 public:
  Tries(std::string_view installed, const core::Sha256& wanted) : installed_(installed), wanted_(wanted) {}
  bool matches(const Edits& edits) {
    ++tries_;
    bytes_ += installed_.size();
    return hash_edited(installed_, edits) == wanted_;
  }
  bool exhausted() const { return tries_ >= kMaxTries || (bytes_ >= kMaxBytes && tries_ >= 8); }

 private:
  std::string_view installed_;
  const core::Sha256& wanted_;
  std::size_t tries_ = 0;
  std::size_t bytes_ = 0;
};

Restoration::Restoration(std::string_view installed, const Placeholder& placeholder, std::string_view prefix)
    : installed_(installed),
      placeholder_(placeholder.text),
      prefix_(prefix),
      mode_(placeholder.mode),
      places_(installed, placeholder.mode, placeholder.text, prefix),
      likely_kept_(mode_ == FileMode::text ? places_.within_longer_names() : std::vector<bool>()) {
  if (mode_ == FileMode::binary || placeholder_.empty()) return;
  const std::string_view line = installed.substr(0, installed.find('\n'));
  if (line.starts_with(kEnv)) find_env_line(line);
  if (installed.starts_with(kShell)) find_shell_line();
  if (prefix.find(' ') != kNpos) find_escaped_line(line);
}

void Restoration::add_first_line(std::size_t removed, std::string text) {
  texts_.push_back(std::move(text));
  first_lines_.push_back({.removed = removed, .text = texts_.back(), .repeated = false});
  const std::string_view line = installed_.substr(0, removed);
  if (position_of(installed_, line, removed) == kNpos) return;
  first_lines_.push_back({.removed = removed, .text = texts_.back(), .repeated = true});
}

void Restoration::find_env_line(std::string_view line) {
  const std::string_view rest = line.substr(kEnv.size());
  const std::string_view name = rest.substr(0, rest.find_first_of(" \t\r"));
  const std::string options = replace_all(rest.substr(name.size()), prefix_, placeholder_);
  for (const char* folder : {"/bin/", "/", "/sbin/", "/condabin/", "/libexec/"}) {
    for (const char* space : {"", " "}) {
      add_first_line(line.size(),
                     std::string("#!").append(space).append(placeholder_).append(folder).append(name).append(options));
    }
  }
  // A space in the prefix, not escaped, ends the program's name: "/my env/bin/perl" is "my env/bin/perl" to env.
  const std::size_t space_at = prefix_.find(' ');
  const std::string cut(space_at == kNpos ? "" : prefix_.substr(prefix_.rfind('/', space_at) + 1));
  if (!cut.empty() && rest.starts_with(cut)) {
    const std::string after = replace_all(rest.substr(cut.size()), prefix_, placeholder_);
    add_first_line(line.size(), std::string("#!").append(placeholder_).append(after));
    add_first_line(line.size(), std::string("#! ").append(placeholder_).append(after));
  }
  // A line of the system's own program can be too long as well, through its options.
  if (options.empty()) return;
  for (const char* folder : {"#!/bin/", "#!/usr/bin/"}) {
    add_first_line(line.size(), std::string(folder).append(name).append(options));
  }
}

void Restoration::find_shell_line() {
  const std::size_t second_end = std::min(installed_.find('\n', kShell.size()), installed_.size());
  std::string_view rest = installed_.substr(kShell.size(), second_end - kShell.size());
  const std::size_t quote = rest.find('"', std::min(prefix_.size(), rest.size()));
  if (quote == kNpos || !rest.ends_with(kShellEnd) || quote + 1 + kShellEnd.size() > rest.size()) return;
  const std::string_view options = rest.substr(quote + 1, rest.size() - kShellEnd.size() - quote - 1);
  const std::string executable = replace_all(rest.substr(0, quote), prefix_, placeholder_);
  for (const char* space : {"", " "}) {
    add_first_line(
        second_end,
        std::string("#!").append(space).append(executable).append(replace_all(options, prefix_, placeholder_)));
  }
}

void Restoration::find_escaped_line(std::string_view line) {
  const std::string escaped = "#!" + replace_all(prefix_, " ", "\\ ");
  if (position_of(line, escaped) == kNpos) return;
  add_first_line(line.size(),
                 replace_all(replace_all(line, escaped, "#!" + std::string(placeholder_)), prefix_, placeholder_));
}

Edits Restoration::edits(const std::vector<bool>& kept, const FirstLine* first_line) const {
  if (first_line == nullptr) return places_.edits(kept, 0);
  const std::size_t removed = first_line->removed;
  Edits edits{{.offset = 0, .removed = removed, .inserted = first_line->text}};
  const Edits others = places_.edits(kept, removed);
  if (!first_line->repeated) {
    edits.insert(edits.end(), others.begin(), others.end());
    return edits;
  }
  const std::string_view line = installed_.substr(0, removed);
  auto other = others.begin();
  std::size_t done = removed;
  for (std::size_t at = position_of(installed_, line, removed);; at = position_of(installed_, line, at + removed)) {
    for (; other != others.end() && other->offset < at; ++other) {
      if (other->offset >= done && other->offset + other->removed <= at) edits.push_back(*other);
    }
    if (at == kNpos) return edits;
    edits.push_back({.offset = at, .removed = removed, .inserted = first_line->text});
    done = at + removed;
  }
}

const Restoration::FirstLine* Restoration::likely_first_line() const {
  if (first_lines_.empty()) return nullptr;
  const FirstLine& first = first_lines_.front();
  // A line that was `env` from the start is likelier, unless nothing else in the file tells of the prefix and the line
  // would have had to change.
  if (!installed_.starts_with(kEnv)) return &first;
  const std::size_t length = first.text.size() - placeholder_.size() + prefix_.size();
  const bool had_to_change = length > kMaxShebangBytes || prefix_.find(' ') != kNpos;
  return had_to_change && places_.size() == 0 ? &first : nullptr;
}

Edits Restoration::guess() const {
  return edits(likely_kept_, likely_first_line());
}

// The places that may hold the prefix by the package's own will, as sets to leave alone. First whole kinds of places
// (all "/usr/bin/env", whatever their number), then single places.
std::vector<std::vector<bool>> Restoration::selections() const {
  std::map<std::string, std::vector<std::size_t>> kinds;
  for (std::size_t i = 0; i < places_.size(); ++i) kinds[places_.surroundings(i)].push_back(i);
  std::vector<std::vector<std::size_t>> groups;
  for (auto& [surroundings, places] : kinds) groups.push_back(std::move(places));
  std::vector<std::vector<bool>> selections;
  const std::size_t most = std::min(kMaxTries, kMaxMarks / places_.size());
  const auto add = [this, most, &selections](const std::vector<const std::vector<std::size_t>*>& left_out) {
    if (selections.size() >= most) return;
    std::vector<bool> kept(places_.size(), false);
    for (const auto* group : left_out) {
      for (const std::size_t place : *group) kept[place] = true;
    }
    selections.push_back(std::move(kept));
  };
  const auto add_all = [&add](const std::vector<std::vector<std::size_t>>& choices) {
    if (choices.size() > kMaxFreeChoices) {
      for (std::size_t i = 0; i < std::min(choices.size(), kMaxTries); ++i) add({&choices[i]});
      return;
    }
    for (const std::uint32_t mask : masks(choices.size())) {
      std::vector<const std::vector<std::size_t>*> left_out;
      for (std::size_t i = 0; i < choices.size(); ++i) {
        if ((mask >> i & 1U) != 0) left_out.push_back(&choices[i]);
      }
      if (!left_out.empty()) add(left_out);
    }
  };
  add_all(groups);
  if (groups.size() < places_.size() && places_.size() <= kMaxFreeChoices) {
    std::vector<std::vector<std::size_t>> single;
    for (std::size_t i = 0; i < places_.size(); ++i) single.push_back({i});
    add_all(single);
  }
  return selections;
}

std::optional<Edits> Restoration::find(const core::Sha256& original) const {
  Tries tries(installed_, original);
  std::vector<const FirstLine*> lines{likely_first_line()};
  if (lines.front() != nullptr) lines.push_back(nullptr);
  for (const FirstLine& line : first_lines_) {
    if (&line != lines.front()) lines.push_back(&line);
  }
  for (const FirstLine* line : lines) {
    Edits candidate = edits({}, line);
    if (tries.matches(candidate)) return candidate;
    if (likely_kept_.empty()) continue;
    candidate = edits(likely_kept_, line);
    if (tries.matches(candidate)) return candidate;
  }
  if (places_.size() == 0) return std::nullopt;
  for (const std::vector<bool>& kept : selections()) {
    for (const FirstLine* line : lines) {
      if (tries.exhausted()) return std::nullopt;
      Edits candidate = edits(kept, line);
      if (tries.matches(candidate)) return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace envlock::prefix
