#include "run.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "envlock/archive/package.h"
#include "envlock/core/parallel.h"
#include "envlock/prefix/package_root.h"
#include "envlock/prefix/transaction.h"
#include "reading.h"

namespace envlock::verify {
namespace {

namespace fs = std::filesystem;

/// Unpacking an archive and looking at its content, against hashing as many bytes as it has.
constexpr std::uint64_t kArchiveCost = 6;

/// Larger files are not hashed on conda-meta's word alone.
constexpr std::uint64_t kLargestHint = std::uint64_t{4} << 30;

fs::path full_path(const fs::path& prefix) {
  std::error_code failure;
  fs::path path = fs::absolute(prefix, failure).lexically_normal();
  if (failure) return prefix;
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Run::Run(const fs::path& prefix, const Expected* expected, const VerifyOptions& options, core::Progress& progress)
    : prefix_(full_path(prefix)),
      expected_(expected),
      options_(options),
      progress_(progress),
      advice_(options, expected != nullptr),
      installed_(prefix::read_conda_meta(prefix)),
      folder_(prefix),
      tree_(walk(folder_)),
      hashes_(folder_, tree_),
      ownership_(tree_) {
  view_.folder = &folder_;
  view_.tree = &tree_;
  choose_names(prefix);
  choose_python();
}

/// All of them name this very folder, so that a file which holds any of them is right.
void Run::choose_names(const fs::path& prefix) {
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(view_.names.begin(), view_.names.end(), name) == view_.names.end()) {
      view_.names.push_back(name);
    }
  };
  add(options_.installed_at);
  add(prefix_.string());
  std::error_code failure;
  const fs::path real = fs::canonical(prefix, failure);
  if (!failure) add(real.string());
  const auto active = options_.environment.find("CONDA_PREFIX");
  if (active == options_.environment.end()) return;
  const fs::path named(active->second);
  if (named.is_absolute() && fs::equivalent(named, prefix, failure) && !failure) add(full_path(named).string());
}

void Run::choose_python() {
  const std::optional<prefix::Python> claimed = prefix::python_of(installed_.packages);
  if (expected_ == nullptr) {
    view_.python = claimed;
    return;
  }
  for (const conda::PackageRecord& record : expected_->packages) {
    if (record.name != "python") continue;
    view_.python = prefix::python_of(record.version, record.python_site_packages_path);
    // Locks of other tools do not have the path. conda-meta's word can only make files be sought in a wrong place.
    const bool is_known = !record.python_site_packages_path.empty();
    if (!is_known && claimed && claimed->version == view_.python->version) view_.python = claimed;
  }
}

/// Gives the names of those that could not be read: what they say is not known, and they may be right.
std::set<std::string> Run::say_broken_records() {
  std::set<std::string> unread;
  for (std::size_t i = 0; i < installed_.broken.size(); ++i) {
    const core::Diagnostic& broken = installed_.broken[i];
    const std::string& file = installed_.broken_files[i];
    Finding finding{.weight = Weight::fault,
                    .group = Group::metadata,
                    .package = {},
                    .path = "conda-meta/" + file,
                    .diagnostic = broken};
    if (broken.code == "file-unreadable") {
      unread.insert(file);
      finding.weight = Weight::unknown;
      finding.diagnostic.code = "file-not-read";
      finding.diagnostic.what = in_quotes(finding.path) + " could not be read";
    }
    findings_.push_back(std::move(finding));
  }
  has_unread_records_ = !unread.empty();
  return unread;
}

void Run::match() {
  const std::set<std::string> unread = say_broken_records();
  for (Subject& subject : match_packages(expected_, installed_, unread, advice_, findings_)) {
    packages_.push_back({std::move(subject), {}, {}});
  }
  candidates_.resize(packages_.size());
  roots_.resize(packages_.size());
  recalled_.resize(packages_.size());
  std::vector<conda::PackageRecord> records;
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    const Subject& subject = packages_[i].subject;
    records.push_back(subject.record);
    if (subject.role != Role::owner_only) candidates_[i] = find_candidates(subject.record, options_);
  }
  if (view_.python) distributions_ = prefix::read_distributions(prefix_, view_.python->site_packages);
  binding_ = stamps_binding(core::join(view_.names, "\n"), records, expected_);
}

void Run::recall() {
  if (options_.depth != Depth::quick) return;
  stamps_ = read_stamps(options_.stamps_file, binding_);
  if (!stamps_) return;
  view_.unchanged.resize(tree_.nodes.size());
  for (std::size_t i = 0; i < tree_.nodes.size(); ++i) {
    const Node& node = tree_.nodes[i];
    const auto known = stamps_->files.find(node.path);
    if (known == stamps_->files.end() || known->second.stamp != node.stamp) continue;
    view_.unchanged[i] = 1;
    if (known->second.sha256 && node.kind == NodeKind::file) hashes_.know(node, *known->second.sha256);
  }
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    const auto known = stamps_->layouts.find("conda " + packages_[i].subject.record.name);
    if (known == stamps_->layouts.end() || packages_[i].subject.role != Role::hold) continue;
    // An archive that came since makes a weak proof strong.
    const bool was_weak = known->second.proof == Proof::record || known->second.proof == Proof::none;
    if (was_weak && !candidates_[i].files.empty()) continue;
    recalled_[i] = recall(packages_[i], known->second) ? 1 : 0;
  }
}

namespace {

/// A stamped file's size is conda-meta's word: it only keeps a file from being read that cannot be right.
WantedPath with_claimed_size(WantedPath wanted, const CheckedPackage& package) {
  if (package.subject.installed == nullptr) return wanted;
  for (const prefix::InstalledPath& path : package.subject.installed->paths) {
    if (path.path == wanted.path) wanted.size = prefix::largest_size(path);
  }
  return wanted;
}

}  // namespace

/// True when all files are as the last full verification left them. Those with new stamps are hashed.
bool Run::recall(CheckedPackage& package, const PackageLayout& stamped) {
  for (const WantedPath& wanted : stamped.paths) {
    const Node* node = tree_.resolve(wanted.path);
    if (node == nullptr || node->kind != NodeKind::file || wanted.kind != WantedKind::file) continue;
    if (view_.is_unchanged(*node)) continue;
    if (!wanted.sha256 || is_far_too_large(with_claimed_size(wanted, package), *node)) return false;
    hashes_.ask(*node);
    hashes_.hash(*node);
    if (hashes_.find(*node)->sha256 != wanted.sha256) return false;
  }
  package.layout = stamped;
  return true;
}

void Run::add_archive(ReadingWork& work, std::size_t package) {
  std::error_code ignored;
  std::uint64_t bytes = fs::file_size(candidates_[package].files.front(), ignored);
  if (ignored) bytes = 0;
  work.add(bytes, bytes * kArchiveCost, [this, package] {
    packages_[package].layout = read_archive(packages_[package].subject.record, candidates_[package], view_);
  });
}

/// Files that will probably be needed, as conda-meta tells: a hint that saves waiting for the archives, and no more.
void Run::add_hints(ReadingWork& work, const CheckedPackage& package, bool has_archive) {
  if (package.subject.installed == nullptr) return;
  for (const prefix::InstalledPath& path : package.subject.installed->paths) {
    if (path.type != prefix::InstalledType::hardlink || (has_archive && path.placeholder)) continue;
    const Node* node = tree_.resolve(path.path);
    if (node == nullptr || node->kind != NodeKind::file) continue;
    WantedPath claimed;
    claimed.size = prefix::largest_size(path);
    // conda-meta may have grown with the file: with an archive the true size is known soon.
    const bool waits = has_archive && node->stamp.size > kLargestHint;
    if (!waits && !is_far_too_large(claimed, *node)) work.add(*node, hashes_);
  }
}

void Run::read() {
  ReadingWork work(options_.threads, progress_);
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    const CheckedPackage& package = packages_[i];
    if (package.subject.role == Role::owner_only || recalled_[i] != 0) continue;
    const bool has_archive = !candidates_[i].files.empty();
    if (has_archive) add_archive(work, i);
    const bool has_roots = options_.accepted_roots.count(conda::stem(package.subject.record)) != 0;
    if (!has_archive && has_roots && package.subject.installed != nullptr) {
      work.add(0, std::uint64_t{1} << 30, [this, i] {
        try {
          roots_[i] = prefix::package_root(prefix_, *packages_[i].subject.installed, view_.python);
        } catch (const core::Error&) {
          // No root: the package is held against its record.
        }
      });
    } else {
      add_hints(work, package, has_archive);
    }
  }
  for (const prefix::Distribution& distribution : distributions_) {
    if (distribution.installer == "conda") continue;
    for (const prefix::RecordLine& line : distribution.record) {
      const Node* node = line.sha256 ? tree_.resolve(line.path) : nullptr;
      const bool is_giant = node != nullptr && line.size && prefix::is_far_too_large(node->stamp.size, *line.size);
      if (node != nullptr && node->kind == NodeKind::file && !is_giant) work.add(*node, hashes_);
    }
  }
  work.run("verifying");
}

/// Files that hold the path of another place all the same may follow from their package: then the prefix was moved.
void Run::trace_moved() {
  std::map<std::string, std::size_t> guesses;
  std::vector<std::size_t> again;
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    std::size_t guessed = 0;
    for (const WantedPath& wanted : packages_[i].layout.paths) {
      if (wanted.guessed_prefix.empty()) continue;
      ++guesses[wanted.guessed_prefix];
      ++guessed;
    }
    if (guessed > 0) again.push_back(i);
  }
  constexpr std::size_t kMostPlaces = 4;
  std::vector<std::pair<std::size_t, std::string>> places;
  for (const auto& [place, files] : guesses) places.emplace_back(files, place);
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& left, const auto& right) { return left.first > right.first; });
  if (places.size() > kMostPlaces) places.resize(kMostPlaces);
  for (const auto& [files, place] : places) {
    std::error_code failure;
    const bool is_here = fs::equivalent(place, prefix_, failure) && !failure;
    if (std::find(view_.names.begin(), view_.names.end(), place) != view_.names.end()) continue;
    (is_here ? view_.names : view_.elsewhere).push_back(place);
  }
  if (places.empty()) return;
  ReadingWork work(options_.threads, progress_);
  for (const std::size_t package : again) add_archive(work, package);
  work.run("verifying");
}

void Run::settle_proofs() {
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    CheckedPackage& package = packages_[i];
    const Subject& subject = package.subject;
    if (package.layout.proof == Proof::archive || recalled_[i] != 0) continue;
    if (subject.role == Role::owner_only) {
      package.layout = layout_of(*subject.installed);
      continue;
    }
    if (subject.installed == nullptr) {
      if (package.layout.weak_reason.empty()) package.layout.weak_reason = candidates_[i].searched;
      continue;
    }
    PackageLayout layout = layout_of(*subject.installed);
    layout.weak_reason = package.layout.weak_reason.empty() ? candidates_[i].searched : package.layout.weak_reason;
    layout.archives_read = package.layout.archives_read;
    layout.archive_bytes = package.layout.archive_bytes;
    const auto accepted = options_.accepted_roots.find(conda::stem(subject.record));
    if (accepted != options_.accepted_roots.end() && roots_[i]) {
      const auto& known = accepted->second;
      if (std::find(known.begin(), known.end(), roots_[i]->root) != known.end()) {
        layout.proof = Proof::accepted;
        layout.weak_reason.clear();
        // The root speaks for all bytes; what remains to be seen is that the paths are there.
        for (WantedPath& wanted : layout.paths) wanted.sha256.reset(), wanted.original.reset();
      } else {
        findings_.push_back({.weight = Weight::unknown,
                             .group = Group::files,
                             .package = subject.record.name,
                             .path = {},
                             .diagnostic = {.code = "root-not-accepted",
                                            .what = "the files of " + in_quotes(subject.record.name) +
                                                    " are not those that an accepted snapshot has of it",
                                            .where = {},
                                            .why = {"have root " + core::format(roots_[i]->root), layout.weak_reason},
                                            .hints = {advice_.again("--fetch") + " holds them against the archive"}}});
      }
    }
    package.layout = std::move(layout);
  }
  hash_wanted();
}

/// What no hint had named.
void Run::hash_wanted() {
  ReadingWork work(options_.threads, progress_);
  for (const CheckedPackage& package : packages_) {
    if (package.subject.role == Role::owner_only) continue;
    for (const Node* node : files_to_hash(package.layout, tree_)) work.add(*node, hashes_);
  }
  for (const ForeignDistribution& foreign : foreign_) {
    for (const Node* node : files_to_hash(foreign.layout, tree_)) work.add(*node, hashes_);
  }
  work.run("verifying");
}

void Run::check_files() {
  core::parallel_for(packages_.size(), options_.threads, [&](std::size_t i) {
    if (packages_[i].subject.role != Role::owner_only) {
      packages_[i].checked = check_layout(packages_[i].layout, view_, hashes_);
    }
  });
  settle_clobbers(packages_, view_, hashes_, owned_copies_, findings_);
  own_all();
}

void Run::own_all() {
  for (const CheckedPackage& package : packages_) {
    const bool is_held = package.subject.role != Role::owner_only;
    ownership_.own(package.layout, is_held ? Ownership::Kind::proved : Ownership::Kind::claimed);
  }
  for (const std::string& copy : owned_copies_) ownership_.own(copy, Ownership::Kind::proved);
}

void Run::check_distributions() {
  foreign_ = find_foreign(distributions_, packages_, view_, ownership_, expected_, findings_);
  const bool may_be_condas = has_unknown_packages();
  for (ForeignDistribution& foreign : foreign_) foreign.may_be_condas = may_be_condas;
  core::parallel_for(foreign_.size(), options_.threads, [&](std::size_t i) {
    const auto known = stamps_ ? stamps_->layouts.find("pypi " + foreign_[i].distribution.name)
                               : std::map<std::string, PackageLayout>::const_iterator();
    const bool is_known = stamps_ && known != stamps_->layouts.end() && foreign_[i].wheel != nullptr;
    foreign_[i].layout = is_known ? known->second : lay_out(foreign_[i], view_, options_);
  });
  hash_wanted();
  verify::check_distributions(foreign_, packages_, view_, hashes_, expected_ != nullptr, advice_, ownership_, findings_,
                              foreign_verdicts_);
}

void Run::report_files() {
  locate_differences(packages_, view_, options_.threads, findings_);
  report_problems(packages_, view_, advice_, findings_);
  for (Finding& finding : findings_) {
    if (finding.diagnostic.code != "package-not-installed") continue;
    for (const CheckedPackage& package : packages_) {
      if (package.subject.role != Role::missing || package.subject.record.name != finding.package) continue;
      if (package.checked.present == 0) continue;
      finding.diagnostic.why.push_back(std::to_string(package.checked.present) + " of its " +
                                       count_of(package.layout.paths.size(), "file") +
                                       (package.checked.present == 1 ? " is there" : " are there"));
    }
  }
}

Verification verify(const fs::path& prefix, const Expected* expected, const VerifyOptions& options,
                    core::Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const std::uint64_t unpacking = archive::decompression_nanoseconds();
  Run run(prefix, expected, options, progress);
  run.match();
  run.recall();
  run.read();
  run.trace_moved();
  run.settle_proofs();
  run.check_files();
  run.check_distributions();
  run.report_files();
  run.check_rest();
  Verification verification = run.finish();
  constexpr double kNanosecond = 1e-9;
  verification.tally.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  verification.tally.decompression_seconds =
      static_cast<double>(archive::decompression_nanoseconds() - unpacking) * kNanosecond;
  return verification;
}

}  // namespace envlock::verify
