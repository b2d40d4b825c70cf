// Clobbering: what happens when two packages bring one path. The one that is linked later has it, and it is told when
// the contents differ.

#include "contest.h"

#include <algorithm>
#include <map>
#include <utility>

#include "envlock/core/text.h"

namespace envlock::prefix {
namespace {

bool is_equal(const PlannedFile& left, const PlannedFile& right) {
  const bool is_link = left.source == FileSource::symlink;
  if (is_link != (right.source == FileSource::symlink)) return false;
  if (is_link || (left.source == FileSource::bytes && right.source == FileSource::bytes)) {
    return left.bytes == right.bytes;
  }
  if (left.source == FileSource::staged || right.source == FileSource::staged) {
    return left.source == right.source && left.sha256 == right.sha256;
  }
  if (left.cached == nullptr || right.cached == nullptr || left.cached->sha256 != right.cached->sha256) return false;
  if ((left.placeholder == nullptr) != (right.placeholder == nullptr)) return false;
  return left.placeholder == nullptr || *left.placeholder == *right.placeholder;
}

std::string owner_of(const Plan& plan, const PlannedFile& file) {
  return file.package == kNone ? "a wheel" : "`" + core::printable(plan.packages[file.package].manifest.name) + "`";
}

using Pairs = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

void tell(const Pairs& pairs, core::Notes& notes) {
  constexpr std::size_t kShown = 5;
  for (const auto& [pair, paths] : pairs) {
    core::Diagnostic note{.code = "clobber",
                          .what = pair.first + " and " + pair.second + " have " + std::to_string(paths.size()) +
                                  (paths.size() == 1 ? " path" : " paths") + " in common with different content",
                          .why = {"the files of " + pair.second + " are there: it is linked later"}};
    for (std::size_t i = 0; i < std::min(paths.size(), kShown); ++i) {
      note.why.push_back("`" + core::printable(paths[i]) + "`");
    }
    if (paths.size() > kShown) note.why.push_back("and " + std::to_string(paths.size() - kShown) + " more");
    notes.note(std::move(note));
  }
}

}  // namespace

void decide_contests(Plan& plan, core::Notes& notes) {
  std::vector<PlannedFile>& files = plan.files;
  // Highest rank first; what was added first before what was added later.
  std::stable_sort(files.begin(), files.end(), [](const PlannedFile& left, const PlannedFile& right) {
    const int order = left.path.compare(right.path);
    return order != 0 ? order < 0 : left.rank > right.rank;
  });
  Pairs pairs;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (kept > 0 && files[kept - 1].path == files[i].path) {
      const PlannedFile& winner = files[kept - 1];
      if (!is_equal(winner, files[i])) {
        pairs[{owner_of(plan, files[i]), owner_of(plan, winner)}].push_back(winner.path);
      }
      if (files[i].entry != kNone) plan.losers.push_back({files[i].package, files[i].entry, kept - 1, std::nullopt});
      continue;
    }
    if (kept != i) files[kept] = std::move(files[i]);
    ++kept;
  }
  files.resize(kept);
  tell(pairs, notes);
}

}  // namespace envlock::prefix
