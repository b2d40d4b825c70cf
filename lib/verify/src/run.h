#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive_layout.h"
#include "bytecode.h"
#include "distributions.h"
#include "envlock/prefix/package_root.h"
#include "file_findings.h"
#include "findings.h"
#include "hash_store.h"
#include "ownership.h"
#include "package_set.h"
#include "reading.h"
#include "stamps.h"

namespace envlock::verify {

/// One verification, step by step; verify() is the order of the steps.
class Run {
 public:
  /// Lists the prefix and reads conda-meta. Throws: as verify().
  Run(const std::filesystem::path& prefix, const Expected* expected, const VerifyOptions& options,
      core::Progress& progress);

  void match();          ///< packages that are expected with those that conda-meta claims
  void recall();         ///< --quick: layouts and hashes that stamps vouch for
  void read();           ///< archives and files, all at once
  void trace_moved();    ///< a prefix that was installed elsewhere
  void settle_proofs();  ///< packages without an archive: an accepted root, or conda-meta's word
  void check_files();
  void check_distributions();
  void report_files();
  void check_rest();      ///< bytecode, strangers, surroundings, machine, metadata, transaction
  Verification finish();  ///< sorts, counts, leaves stamps

 private:
  void choose_names(const std::filesystem::path& prefix);
  void choose_python();
  std::set<std::string> say_broken_records();
  bool has_unknown_packages() const;
  std::optional<std::map<std::string, std::string>> read_state();
  bool recall(CheckedPackage& package, const PackageLayout& stamped);
  void add_archive(ReadingWork& work, std::size_t package);
  void add_hints(ReadingWork& work, const CheckedPackage& package, bool has_archive);
  void hash_wanted();
  void own_all();
  void say_unreadable();
  void count(Verification& verification) const;
  void leave_stamps(const Verification& verification) const;
  std::set<std::string> known_names() const;

  const std::filesystem::path prefix_;
  const Expected* expected_;
  const VerifyOptions& options_;
  core::Progress& progress_;
  Advice advice_;
  prefix::InstalledPackages installed_;
  Folder folder_;
  Tree tree_;
  PrefixView view_;
  HashStore hashes_;
  Ownership ownership_;
  std::vector<CheckedPackage> packages_;
  std::vector<Candidates> candidates_;                     ///< parallel to packages_
  std::vector<std::optional<prefix::PackageRoot>> roots_;  ///< likewise: of those that have accepted ones
  std::vector<char> recalled_;                             ///< likewise: from stamps
  std::vector<prefix::Distribution> distributions_;
  std::vector<ForeignDistribution> foreign_;
  std::vector<PackageVerdict> foreign_verdicts_;
  std::vector<std::string> owned_copies_;
  std::vector<Finding> findings_;
  std::optional<Stamps> stamps_;
  core::Sha256 binding_;
  BytecodeTally bytecode_;
  bool has_unread_records_ = false;        ///< of conda-meta
  bool has_unread_distributions_ = false;  ///< their RECORDs, or where these lie
};

}  // namespace envlock::verify
