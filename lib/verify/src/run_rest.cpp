#include <algorithm>
#include <map>
#include <set>

#include "envlock/archive/package.h"
#include "envlock/lock/install_set.h"
#include "envlock/prefix/transaction.h"
#include "envlock/pypi/name.h"
#include "loose_modes.h"
#include "metadata_check.h"
#include "run.h"
#include "settings.h"
#include "strangers.h"
#include "surroundings.h"

namespace envlock::verify {

std::set<std::string> Run::known_names() const {
  std::set<std::string> names;
  for (const CheckedPackage& package : packages_) names.insert(pypi::normalize_name(package.subject.record.name));
  for (const prefix::Distribution& distribution : distributions_) names.insert(distribution.name);
  return names;
}

void Run::say_unreadable() {
  for (const Unseen& place : tree_.unseen) {
    const std::string name = place.path.empty() ? "the prefix" : in_quotes(place.path);
    findings_.push_back({.weight = Weight::unknown,
                         .group = Group::files,
                         .package = {},
                         .path = place.path,
                         .diagnostic = {.code = "file-not-read",
                                        .what = name + " could not be looked at: what lies there is not known",
                                        .where = {},
                                        .why = {"the system says: " + place.why},
                                        .hints = {}}});
  }
  const auto is_unseen = [&](const std::string& folder) { return tree_.find_unseen(folder + "/METADATA") != nullptr; };
  has_unread_distributions_ = view_.python && is_unseen(view_.python->site_packages);
  for (const prefix::Distribution& distribution : distributions_) {
    has_unread_distributions_ = has_unread_distributions_ || is_unseen(distribution.folder);
  }
  for (const ForeignDistribution& foreign : foreign_) {
    const Node* record = tree_.find(foreign.distribution.folder + "/RECORD");
    if (foreign.distribution.has_record || record == nullptr || record->kind != NodeKind::file) continue;
    const std::string failure = DiskFile(folder_, *record).failure();
    if (failure.empty()) continue;
    has_unread_distributions_ = true;
    findings_.push_back({.weight = Weight::unknown,
                         .group = Group::distributions,
                         .package = foreign.distribution.name,
                         .path = record->path,
                         .diagnostic = {.code = "file-not-read",
                                        .what = in_quotes(record->path) + " could not be read",
                                        .where = {},
                                        .why = {"the system says: " + failure, "which files it lists is not known"},
                                        .hints = {}}});
  }
}

/// A record of conda-meta could not be read, and no archive speaks in its place: what seems to be nobody's may be its.
bool Run::has_unknown_packages() const {
  if (!has_unread_records_) return false;
  return expected_ == nullptr || std::any_of(packages_.begin(), packages_.end(), [](const CheckedPackage& package) {
           return package.subject.role == Role::hold && package.subject.installed == nullptr &&
                  package.layout.proof == Proof::none;
         });
}

/// Absent when it could not be read: then it may be right.
std::optional<std::map<std::string, std::string>> Run::read_state() {
  try {
    return prefix::read_variables(prefix_);
  } catch (const core::Error& error) {
    // What is no conda-meta/state was edited, or is half of an install: a fault like any other, and no reason to stop.
    Finding finding{.weight = Weight::fault,
                    .group = Group::surroundings,
                    .package = {},
                    .path = "conda-meta/state",
                    .diagnostic = error.diagnostics().front()};
    const bool is_unread = finding.diagnostic.code == "file-unreadable";
    if (is_unread) finding.weight = Weight::unknown, finding.diagnostic.code = "file-not-read";
    findings_.push_back(std::move(finding));
    if (is_unread) return std::nullopt;
    return std::map<std::string, std::string>();
  }
}

void Run::check_rest() {
  say_unreadable();
  bytecode_ = check_bytecode(view_, options_.threads, ownership_, findings_);
  StrangerContext context;
  context.may_be_owned = has_unknown_packages() || has_unread_distributions_;
  for (const CheckedPackage& package : packages_) {
    context.has_link_scripts = context.has_link_scripts || has_link_script(package.layout);
    if (package.subject.installed != nullptr) context.meta_files.push_back(package.subject.installed->meta_file);
  }
  report_strangers(tree_, ownership_, context, findings_);
  std::vector<const PackageLayout*> checked;
  for (const CheckedPackage& package : packages_) {
    if (package.subject.role != Role::owner_only) checked.push_back(&package.layout);
  }
  for (const ForeignDistribution& foreign : foreign_) checked.push_back(&foreign.layout);
  report_loose_modes(prefix_, tree_, checked, ownership_, findings_);
  report_settings(folder_, tree_, ownership_, findings_);
  check_metadata(packages_, tree_, hashes_, findings_);
  Surroundings surroundings;
  surroundings.prefix = prefix_;
  surroundings.tree = &tree_;
  surroundings.python_version = view_.python ? view_.python->version : std::string();
  if (view_.python) surroundings.site_packages = view_.python->site_packages;
  surroundings.names = known_names();
  surroundings.expected = expected_;
  surroundings.state = read_state();
  check_surroundings(surroundings, options_, advice_, findings_);
  if (options_.machine) {
    std::vector<conda::PackageRecord> records;
    for (const CheckedPackage& package : packages_) records.push_back(package.subject.record);
    for (core::Diagnostic& unmet : lock::unmet_machine_needs(records, *options_.machine)) {
      findings_.push_back({.weight = Weight::fault,
                           .group = Group::machine,
                           .package = {},
                           .path = {},
                           .diagnostic = std::move(unmet)});
    }
  }
  if (!prefix::is_interrupted(prefix_)) return;
  findings_.push_back({.weight = Weight::fault,
                       .group = Group::transaction,
                       .package = {},
                       .path = {},
                       .diagnostic = {.code = "install-interrupted",
                                      .what = "an install of this prefix did not end",
                                      .where = {},
                                      .why = {"its journal is still there"},
                                      .hints = {"`envlock install` completes or undoes it"}}});
}

void Run::count(Verification& verification) const {
  Tally& tally = verification.tally;
  tally.files = hashes_.files();
  tally.file_bytes = hashes_.bytes();
  tally.checked_pyc = bytecode_.checked;
  tally.unproved_pyc = bytecode_.unproved;
  const auto add = [&](const PackageLayout& layout) {
    tally.archives += layout.archives_read;
    tally.archive_bytes += layout.archive_bytes;
    tally.files += layout.replaced_files;
    tally.file_bytes += layout.replaced_bytes;
  };
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    add(packages_[i].layout);
    if (!roots_[i]) continue;
    tally.file_bytes += roots_[i]->bytes;
    tally.files += packages_[i].layout.paths.size();
  }
  for (const ForeignDistribution& foreign : foreign_) add(foreign.layout);
  for (const Node& node : tree_.nodes) {
    if (node.kind != NodeKind::file || !view_.is_unchanged(node)) continue;
    ++tally.unread_files;
    tally.unread_bytes += node.stamp.size;
  }
}

Verification Run::finish() {
  Verification verification;
  verification.against_lock = expected_ != nullptr;
  verification.quick = stamps_.has_value();
  for (const std::filesystem::path& folder : options_.archive_folders) {
    verification.searched_folders.push_back(folder.string());
  }
  std::map<std::string, std::size_t> faults;
  for (const Finding& finding : findings_) {
    if (finding.weight != Weight::note) ++faults[finding.package];
  }
  for (const CheckedPackage& package : packages_) {
    // What is not to be there has no verdict of its own: the finding says all.
    if (package.subject.role == Role::owner_only) continue;
    PackageVerdict verdict;
    verdict.name = package.subject.record.name;
    verdict.version = package.subject.record.version;
    verdict.build = package.subject.record.build;
    verdict.proof = package.layout.proof;
    verdict.archive = package.layout.archive;
    verdict.weak_reason = package.layout.weak_reason;
    verdict.files = package.layout.paths.size();
    verdict.faults = faults[verdict.name];
    verdict.dialects = package.checked.dialects;
    verification.packages.push_back(std::move(verdict));
  }
  verification.packages.insert(verification.packages.end(), foreign_verdicts_.begin(), foreign_verdicts_.end());
  sort_findings(findings_);
  verification.findings = findings_;
  count(verification);
  leave_stamps(verification);
  return verification;
}

void Run::leave_stamps(const Verification& verification) const {
  // A quick verification with stamps did not see everything; one without did.
  if (options_.stamps_file.empty() || verification.quick) return;
  Stamps stamps;
  std::set<std::string> faulty, faulty_paths;
  for (const Finding& finding : verification.findings) {
    if (finding.weight == Weight::note) continue;
    faulty.insert(finding.package);
    faulty_paths.insert(finding.path);
  }
  const auto add_layout = [&](const std::string& key, PackageLayout layout) {
    for (WantedPath& wanted : layout.paths) {
      const Node* node = tree_.resolve(wanted.path);
      if (node == nullptr) continue;
      if (wanted.replaced) wanted.sha256 = wanted.replaced_sha256;
      stamps.files[node->path] = {node->stamp, node->kind == NodeKind::file ? wanted.sha256 : std::nullopt};
    }
    stamps.layouts[key] = std::move(layout);
  };
  for (const CheckedPackage& package : packages_) {
    const bool is_good = package.subject.role == Role::hold && faulty.count(package.subject.record.name) == 0;
    if (is_good) add_layout("conda " + package.subject.record.name, package.layout);
  }
  for (const ForeignDistribution& foreign : foreign_) {
    const bool is_good = faulty.count(foreign.distribution.name) == 0;
    if (is_good) add_layout("pypi " + foreign.distribution.name, foreign.layout);
  }
  for (const Node& node : tree_.nodes) {
    const bool is_good = ownership_.is_owned(node) && faulty_paths.count(node.path) == 0;
    if (node.kind == NodeKind::file && is_good && stamps.files.count(node.path) == 0) {
      const Hashed* hashed = hashes_.find(node);
      stamps.files[node.path] = {node.stamp, hashed == nullptr ? std::nullopt : hashed->sha256};
    }
  }
  write_stamps(options_.stamps_file, stamps, binding_);
}

}  // namespace envlock::verify
