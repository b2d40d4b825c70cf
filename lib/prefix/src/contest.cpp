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
  // Highest rank first; what was added first before what was added later. Places are sorted, the files moved once.
  std::vector<const PlannedFile*> order;
  order.reserve(files.size());
  for (const PlannedFile& file : files) order.push_back(&file);
  std::sort(order.begin(), order.end(), [](const PlannedFile* left, const PlannedFile* right) {
    const int paths = left->path.compare(right->path);
    if (paths != 0) return paths < 0;
    return left->rank != right->rank ? left->rank > right->rank : left < right;
  });
  Pairs pairs;
  std::vector<PlannedFile> kept;
  kept.reserve(files.size());
  for (const PlannedFile* place : order) {
    PlannedFile& file = files[static_cast<std::size_t>(place - files.data())];
    if (kept.empty() || kept.back().path != file.path) {
      kept.push_back(std::move(file));
      continue;
    }
    const PlannedFile& winner = kept.back();
    if (!is_equal(winner, file)) pairs[{owner_of(plan, file), owner_of(plan, winner)}].push_back(winner.path);
    if (file.entry != kNone) plan.losers.push_back({file.package, file.entry, kept.size() - 1, std::nullopt});
  }
  files = std::move(kept);
  tell(pairs, notes);
}

}  // namespace envlock::prefix
