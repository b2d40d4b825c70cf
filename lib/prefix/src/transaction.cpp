// The order of an install: look, plan, write the journal, move away, make, record, commit. Nothing of the prefix is
// changed before the journal is on the disk, and nothing is lost before the commit.

#include "envlock/prefix/transaction.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "check_prefix.h"
#include "envlock/core/text.h"
#include "execute.h"
#include "fault.h"
#include "journal_folder.h"
#include "plan.h"
#include "records.h"
#include "recover.h"

namespace envlock::prefix {
namespace {

/// The difference was made before the prefix was locked.
void check_still_fits(const InstalledPackages& installed, const Difference& difference) {
  std::set<std::string> there;
  for (const InstalledPackage& package : installed.packages) there.insert(package.meta_file);
  std::size_t leaving = 0;
  for (const InstalledPackage& package : difference.to_remove) leaving += there.count(package.meta_file);
  if (leaving == difference.to_remove.size() && there.size() == leaving + difference.unchanged) return;
  throw core::Error({.code = "prefix-busy",
                     .what = "the prefix was changed since it was looked at",
                     .hints = {"run the same command again"}});
}

Plan prepare(const JournalFolder& folder, const std::string& prefix, const Target& target, const Difference& difference,
             const archive::PackageCache& cache,
             const std::function<const archive::Unpacked&(const conda::PackageRecord&)>& unpacked,
             const InstallOptions& options, core::Notes& notes) {
  const InstalledPackages installed = read_conda_meta(prefix);
  if (!installed.broken.empty()) throw core::Error(installed.broken);
  check_still_fits(installed, difference);
  const WheelDifference wheels = compare_wheels(prefix, installed, target);
  WheelStage stage(wheels.to_install.empty() ? Descriptor() : folder.make_stage(),
                   folder.prefix().shown(JournalFolder::kStage));
  WantedFiles wanted = wanted_files({.prefix = prefix,
                                     .target = target,
                                     .to_link = difference.to_link,
                                     .wheels = wheels.to_install,
                                     .stage = stage,
                                     .cache = cache,
                                     .unpacked = unpacked,
                                     .pyc = options.pyc,
                                     .threads = options.threads});
  fault_point("plan");
  PostLinks links = plan_post_links({.prefix = folder.prefix(),
                                     .installed = installed,
                                     .target = target,
                                     .difference = difference,
                                     .packages = wanted.packages,
                                     .scripts = options.scripts},
                                    notes);
  Plan plan = make_plan({.prefix = folder.prefix(),
                         .installed = installed,
                         .target = target,
                         .difference = difference,
                         .leaving_wheels = wheels.to_remove,
                         .records = plan_records(folder.prefix(), installed, target, difference, links.text()),
                         .threads = options.threads},
                        std::move(wanted), notes);
  plan.post_links = std::move(links);
  check_not_stopped(options);
  return plan;
}

/// Puts the prefix back after a failure, and tells both when that fails too.
void put_back(const JournalFolder& folder, const Journal& journal) {
  if (folder.state() != JournalFolder::State::begun) return folder.remove_all(true);
  try {
    throw;
  } catch (const core::Error& failure) {
    try {
      undo(folder, journal);
    } catch (const core::Error& second) {
      std::vector<core::Diagnostic> both = failure.diagnostics();
      both.insert(both.end(), second.diagnostics().begin(), second.diagnostics().end());
      throw core::Error(std::move(both));
    }
  } catch (...) {
    undo(folder, journal);
  }
}

}  // namespace

InstallResult install(const std::filesystem::path& prefix, const Target& target, const Difference& difference,
                      const archive::PackageCache& cache,
                      const std::function<const archive::Unpacked&(const conda::PackageRecord&)>& unpacked,
                      const InstallOptions& options, core::Progress& progress, core::Notes& notes) {
  const std::string text = check_prefix(prefix, options.force);
  recover(text);
  const JournalFolder folder = JournalFolder::make(text);
  InstallResult result;
  Plan plan;
  try {
    plan = prepare(folder, text, target, difference, cache, unpacked, options, notes);
    folder.write(plan.journal);
    result = execute({.folder = folder,
                      .prefix = text,
                      .plan = plan,
                      .target = target,
                      .difference = difference,
                      .cache = cache,
                      .options = options},
                     progress, notes);
    fault_point("commit");
    folder.commit();
  } catch (...) {
    put_back(folder, plan.journal);
    throw;
  }
  fault_point("committed");
  folder.remove_all(false);
  if (const Descriptor meta = folder.prefix().open("conda-meta")) {
    set_time(meta.get(), "", plan.journal.time_seconds);
  }
  result.kept_aside = std::move(plan.kept_aside);
  result.removed_files = plan.removed_files;
  return result;
}

}  // namespace envlock::prefix
