#include "plan.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "contest.h"
#include "envlock/core/text.h"
#include "link_order.h"
#include "places.h"
#include "plan_folders.h"

namespace envlock::prefix {
namespace {

constexpr std::string_view kKept = ".envlock-kept-";

bool is_record(std::string_view path) {
  return path.starts_with("conda-meta/");
}

/// Every path of the packages that stay, and whose it is.
struct Staying {
  struct Owner {
    std::size_t package = kNone, entry = kNone;
  };
  std::unordered_map<std::string_view, std::vector<Owner>> owners;  // looked up only
};

class Planning {
 public:
  Planning(const PlanInput& input, WantedFiles wanted, core::Notes& notes)
      : input_(input), wanted_(std::move(wanted)), notes_(notes), cursor_(input.prefix) {
    for (const InstalledPackage& package : input.difference.to_remove) leaving_packages_.insert(package.meta_file);
  }

  Plan run() {
    leaving_ = leaving_files(input_.prefix, input_.installed, input_.difference.to_remove, input_.leaving_wheels,
                             input_.threads);
    for (const std::string& path : input_.records.leaving) leaving_.emplace(path, LeavingFile{});
    for (const std::string& path : input_.records.broken) leaving_.emplace(path, LeavingFile{true});
    for (const core::Diagnostic& mended : input_.records.mended) notes_.note(mended);
    list_staying();
    find_places();
    decide_contests(plan_, notes_);
    yield_to_staying();
    add_records();
    folders_ = plan_folders(input_.prefix, leaving_, plan_.files, wanted_.folders, staying_folders());
    for (PlannedFile& file : plan_.files) clear_the_way(file);
    finish_moves();
    finish_journal();
    return std::move(plan_);
  }

 private:
  void list_staying() {
    for (std::size_t i = 0; i < input_.installed.packages.size(); ++i) {
      const InstalledPackage& package = input_.installed.packages[i];
      if (leaving_packages_.contains(package.meta_file)) continue;
      for (std::size_t entry = 0; entry < package.paths.size(); ++entry) {
        if (package.paths[entry].type == InstalledType::directory) continue;
        staying_.owners[package.paths[entry].path].push_back({i, entry});
      }
    }
  }

  const InstalledPath& path_of(const Staying::Owner& owner) const {
    return input_.installed.packages[owner.package].paths[owner.entry];
  }

  /// From the paths that packages say to where they really lie.
  void find_places() {
    Places::Rules rules;
    std::map<std::string, std::size_t> ranks;
    for (const PlannedFile& file : wanted_.files) {
      if (file.source != FileSource::symlink) continue;
      const auto [rank, is_new] = ranks.emplace(file.path, file.rank);
      if (is_new || rank->second < file.rank) rules.links[file.path] = file.bytes, rank->second = file.rank;
    }
    rules.is_owned_link = [this](const std::string& path) { return staying_.owners.contains(path); };
    rules.leaves = [this](const std::string& path) { return leaving_.contains(path); };
    Places places(&input_.prefix, std::move(rules));
    for (PlannedFile& file : wanted_.files) places.settle(file.path);
    for (std::string& folder : wanted_.folders) folder = places.folder(folder).path;
    plan_.packages = std::move(wanted_.packages);
    plan_.files = std::move(wanted_.files);
  }

  /// A package that stays may outrank a new one; its file is the one that counts then.
  void yield_to_staying() {
    if (staying_.owners.empty()) return;
    const std::map<std::string, std::size_t> order = link_order(input_.target.packages);
    std::vector<PlannedFile> files;
    std::vector<std::size_t> moved_to(plan_.files.size(), kNone);
    std::map<std::size_t, std::vector<Plan::Restated::Taken>> taken;
    for (std::size_t i = 0; i < plan_.files.size(); ++i) {
      PlannedFile& file = plan_.files[i];
      const auto owners = staying_.owners.find(file.path);
      const Staying::Owner* stronger = nullptr;
      if (owners != staying_.owners.end()) stronger = find_stronger(owners->second, file.rank, order);
      if (stronger != nullptr && cursor_.status(file.path)) {
        if (file.entry != kNone) {
          plan_.losers.push_back({file.package, file.entry, kNone, path_of(*stronger).sha256_in_prefix});
        }
        continue;
      }
      moved_to[i] = files.size();
      if (owners != staying_.owners.end()) {
        for (const Staying::Owner& owner : owners->second) {
          taken[owner.package].push_back({owner.entry, files.size()});
        }
      }
      files.push_back(std::move(file));
    }
    for (Plan::Loser& loser : plan_.losers) {
      if (loser.winner != kNone) loser.winner = moved_to[loser.winner];
    }
    plan_.files = std::move(files);
    restate(std::move(taken));
  }

  /// Of the packages that stay, those whose conda-meta is to say something else than it does: the lock knows other
  /// things of them now, or a new package takes one of their paths. What other tools wrote is left as it is.
  void restate(std::map<std::size_t, std::vector<Plan::Restated::Taken>> taken) {
    std::map<std::string, const WantedPackage*> wanted;
    for (const WantedPackage& package : input_.target.packages) wanted.emplace(package.record.name, &package);
    for (std::size_t i = 0; i < input_.installed.packages.size(); ++i) {
      const InstalledPackage& before = input_.installed.packages[i];
      const auto want = wanted.find(before.record.name);
      if (leaving_packages_.contains(before.meta_file) || want == wanted.end()) continue;
      InstalledPackage after = before;
      after.record = want->second->record;
      after.requested_specs = want->second->requested_specs;
      if (after == before && !taken.contains(i)) continue;
      const std::string old_text = format(before);
      if (read_in_prefix(cursor_, "conda-meta/" + before.meta_file) != old_text) continue;
      if (!taken.contains(i) && format(after) == old_text) continue;
      plan_.restated.push_back({std::move(after), std::move(taken[i])});
    }
  }

  const Staying::Owner* find_stronger(const std::vector<Staying::Owner>& owners, std::size_t rank,
                                      const std::map<std::string, std::size_t>& order) const {
    for (const Staying::Owner& owner : owners) {
      const auto other = order.find(input_.installed.packages[owner.package].record.name);
      if (other != order.end() && other->second > rank) return &owner;
    }
    return nullptr;
  }

  void add_records() {
    const auto sorted = static_cast<std::ptrdiff_t>(plan_.files.size());
    for (const PlannedFile& record : input_.records.files) plan_.files.push_back(record);
    for (const Plan::Restated& package : plan_.restated) {
      plan_.files.push_back({.path = "conda-meta/" + package.installed.meta_file,
                             .source = FileSource::meta,
                             .time_seconds = time_of(package.installed.record)});
    }
    // Indices into `files` are kept: conda-meta sorts among the rest only where nothing points.
    std::vector<std::size_t> order(plan_.files.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto before = [&](std::size_t left, std::size_t right) {
      return plan_.files[left].path < plan_.files[right].path;
    };
    std::stable_sort(order.begin() + sorted, order.end(), before);
    std::inplace_merge(order.begin(), order.begin() + sorted, order.end(), before);
    std::vector<PlannedFile> files(plan_.files.size());
    std::vector<std::size_t> moved_to(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      moved_to[order[i]] = i;
      files[i] = std::move(plan_.files[order[i]]);
    }
    plan_.files = std::move(files);
    for (Plan::Loser& loser : plan_.losers) {
      if (loser.winner != kNone) loser.winner = moved_to[loser.winner];
    }
    for (Plan::Restated& package : plan_.restated) {
      for (Plan::Restated::Taken& path : package.taken) path.winner = moved_to[path.winner];
    }
  }

  /// Folders that packages which stay own, by name or through their files: they are never removed.
  std::set<std::string> staying_folders() const {
    std::set<std::string> folders;
    for (const InstalledPackage& package : input_.installed.packages) {
      if (leaving_packages_.contains(package.meta_file)) continue;
      for (const InstalledPath& path : package.paths) {
        folders.emplace(path.type == InstalledType::directory ? std::string_view(path.path) : parent_of(path.path));
      }
    }
    return folders;
  }

  /// What lies where a new file comes goes to the trash when it is known, and is kept aside when it is not.
  void clear_the_way(const PlannedFile& file) {
    if (folders_.is_new(parent_of(file.path)) || leaving_.contains(file.path)) return;
    const std::optional<struct stat> status = cursor_.status(file.path);
    if (!status) return;
    if (S_ISDIR(status->st_mode)) {
      if (folders_.is_removed(file.path)) return;
      throw core::Error(
          {.code = "clobber",
           .what = "a file must be at `" + core::printable(file.path) + "`, but a folder is there",
           .why = {"it holds what no package put there, or what a package that stays owns"},
           .hints = {"move `" + core::printable(file.path) + "` out of the prefix, then run the same command again"}});
    }
    const bool is_cache = file.path.ends_with(".pyc");
    leaving_.emplace(file.path, LeavingFile{!is_record(file.path) && !is_cache && !is_known(file, *status)});
    in_the_way_.insert(file.path);
  }

  bool is_known(const PlannedFile& file, const struct stat& status) {
    if (S_ISLNK(status.st_mode)) {
      const std::optional<std::string> target = link_target(cursor_.folder_of(file.path), Cursor::name_of(file.path));
      return is_owned(file.path) || (file.source == FileSource::symlink && target == file.bytes);
    }
    const std::optional<core::Sha256> hash = hash_in_prefix(cursor_, file.path);
    if (!hash) return false;
    if (file.source == FileSource::bytes && core::sha256(file.bytes) == *hash) return true;
    if (file.source == FileSource::staged && file.sha256 == *hash) return true;
    if (file.cached != nullptr && file.placeholder == nullptr && file.cached->sha256 == *hash) return true;
    const auto owners = staying_.owners.find(file.path);
    if (owners == staying_.owners.end()) return false;
    return std::any_of(owners->second.begin(), owners->second.end(), [&](const Staying::Owner& owner) {
      const KnownHashes known = hashes_of(path_of(owner));
      return known.empty() || std::find(known.begin(), known.end(), *hash) != known.end();
    });
  }

  bool is_owned(const std::string& path) const { return staying_.owners.contains(path); }

  std::string free_name(const std::string& path, std::set<std::string>& taken) {
    for (int n = 1;; ++n) {
      std::string name = path + std::string(kKept) + std::to_string(n);
      if (!cursor_.status(name) && taken.insert(name).second) return name;
    }
  }

  void finish_moves() {
    std::set<std::string> taken;
    const bool any_kept =
        std::any_of(leaving_.begin(), leaving_.end(), [](const auto& one) { return one.second.changed; });
    for (const PlannedFile& file : plan_.files) {
      if (any_kept) taken.insert(file.path);
    }
    for (const auto& [path, file] : leaving_) {
      Journal::Move move{path, file.changed ? free_name(path, taken) : ""};
      if (file.changed) {
        plan_.kept_aside.push_back(move.path + " -> " + move.kept);
      } else if (!in_the_way_.contains(path) && !is_record(path)) {
        ++plan_.removed_files;
      }
      plan_.journal.moves.push_back(std::move(move));
    }
  }

  void finish_journal() {
    plan_.journal.removed_folders = std::move(folders_.removed);
    plan_.journal.created_folders = std::move(folders_.created);
    plan_.journal.touched_folders = std::move(folders_.touched);
    plan_.journal.created_files.reserve(plan_.files.size());
    for (const PlannedFile& file : plan_.files) plan_.journal.created_files.push_back(file.path);
    plan_.journal.time_seconds = time_of(input_.target);
  }

  const PlanInput& input_;
  WantedFiles wanted_;
  core::Notes& notes_;
  Cursor cursor_;
  Plan plan_;
  std::unordered_set<std::string> leaving_packages_;  // looked up only
  LeavingFiles leaving_;
  std::unordered_set<std::string> in_the_way_;  // looked up only
  Staying staying_;
  PlannedFolders folders_;
};

}  // namespace

Plan make_plan(const PlanInput& input, WantedFiles wanted, core::Notes& notes) {
  return Planning(input, std::move(wanted), notes).run();
}

}  // namespace envlock::prefix
