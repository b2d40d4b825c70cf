#include "explain_by_lock.h"

#include <algorithm>

#include "envlock/core/text.h"
#include "gpu_gate.h"

namespace envlock::tools {
namespace {

/// One of the accepted files, as the lock has it: unpacked, and checked.
struct OwnFile {
  std::string path;  ///< from the prefix
  std::filesystem::path unpacked;
};

bool gives_the_accepted(const probe::TierRun& run, const probe::AcceptedTier& accepted) {
  return run.root == accepted.root && probe::same_orders(run.orders, accepted.orders);
}

/// Of what was mapped, the shared libraries that are others now, but for `apart`. Python's own modules are opened by
/// their paths: nothing can be put before them.
std::vector<OwnFile> changed_libraries(const GateLock& lock, const std::vector<probe::ChangedFile>& changed,
                                       const std::string& apart) {
  std::vector<OwnFile> files;
  for (const probe::ChangedFile& file : changed) {
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    if (file.kind == probe::ChangedFile::Kind::added || file.package.empty() || !name.starts_with("lib")) continue;
    if (file.path == apart) continue;
    const std::optional<std::filesystem::path> own = lock.locked_file(file.package, file.path);
    // LD_PRELOAD has no way to write a path with one of these.
    if (own && own->string().find_first_of(": ") == std::string::npos) files.push_back({file.path, *own});
  }
  return files;
}

/// Loaded before all others, they are there under their names when somebody needs them.
void preload(const std::vector<OwnFile>& files, TierRequest& request) {
  std::string paths;
  for (const OwnFile& file : files) paths += (paths.empty() ? "" : ":") + file.unpacked.string();
  if (!paths.empty()) request.variables["LD_PRELOAD"] = paths;
}

report::Explanation not_the_locks(const std::vector<OwnFile>& files, const GateLock& lock) {
  std::vector<std::string> names;
  for (const OwnFile& file : files) names.push_back("`" + core::printable(file.path) + "`");
  const bool one = files.size() == 1;
  return {core::join(names, ", ") + (one ? " is" : " are") + " not the lock's; the lock's own " +
              (one ? "computes" : "compute") + " what was accepted",
          "`" + lock.repair + "` puts the lock's " + (one ? "file" : "files") + " back"};
}

report::Explanation another_library(const std::string& now, const std::string& path, const GateLock& lock) {
  const std::string own = "the lock's own `" + path + "`";
  return {now == path ? "`" + path + "` was changed; " + own + " computes what was accepted"
                      : "`" + now + "` is loaded in the place of " + own + ", which computes what was accepted",
          now.starts_with("/") ? "unset LD_LIBRARY_PATH and LD_PRELOAD, or whatever leads to " + now
                               : "`" + lock.repair + "` puts the lock's file back"};
}

/// The library of the accepted run in the place of the one that is found now.
bool explain_library(TierRequest request, const GateLock& lock, const probe::AcceptedTier& accepted,
                     report::TierAnswer& answer) {
  const std::string path = probe::detail(accepted.details, "library");
  const auto owner = std::find_if(accepted.files.begin(), accepted.files.end(),
                                  [&](const probe::BoundFile& file) { return file.path == path; });
  if (owner == accepted.files.end()) return false;
  const std::optional<std::filesystem::path> file = lock.locked_file(owner->package, path);
  if (!file) return false;
  const std::vector<probe::ChangedFile>& changed = answer.comparison.changed_files;
  const std::vector<OwnFile> needed = changed_libraries(lock, changed, path);
  request.subject = answer.run.subject;
  request.library = blas::Library{.path = *file,
                                  .name = path,
                                  .users = {},
                                  .symbol = probe::detail(answer.run.details, "function"),
                                  .ilp64 = probe::detail(answer.run.details, "integers") == "64 bits"};
  // What it needs lies in the prefix, not beside the unpacked file.
  request.environment["LD_LIBRARY_PATH"] = (request.prefix / "lib").string();
  preload(needed, request);
  core::Notes notes;
  ++answer.replays;
  if (!gives_the_accepted(run_blas_tiers(request, notes).front(), accepted)) return false;
  const std::string now = probe::detail(answer.run.details, "library");
  const bool is_other = now != path || std::any_of(changed.begin(), changed.end(),
                                                   [&](const probe::ChangedFile& each) { return each.path == path; });
  answer.explanations.push_back(is_other || needed.empty() ? another_library(now, path, lock)
                                                           : not_the_locks(needed, lock));
  return true;
}

/// The lock's own libraries under the framework.
bool explain_framework(TierRequest request, const GateLock& lock, const probe::AcceptedTier& accepted,
                       report::TierAnswer& answer) {
  const std::vector<OwnFile> files = changed_libraries(lock, answer.comparison.changed_files, "");
  if (files.empty()) return false;
  preload(files, request);
  if (!answer.device.empty()) request.device = device_number(answer.device);
  ++answer.replays;
  const std::vector<probe::TierRun> runs = run_python_tiers(request);
  const bool same = std::any_of(runs.begin(), runs.end(), [&](const probe::TierRun& run) {
    return run.tier == answer.run.tier && run.subject == answer.run.subject && gives_the_accepted(run, accepted);
  });
  if (same) answer.explanations.push_back(not_the_locks(files, lock));
  return same;
}

}  // namespace

bool explain_by_the_lock(const TierRequest& request, const GateLock& lock, const probe::AcceptedTier& accepted,
                         report::TierAnswer& answer) {
  if (!lock.locked_file || answer.comparison.changed_files.empty()) return false;
  if (answer.run.tier == "cublas") return explain_cublas_by_the_lock(accepted, lock, request, answer);
  TierRequest once = request;
  once.repeat = 0;
  return answer.run.tier == "blas" ? explain_library(std::move(once), lock, accepted, answer)
                                   : explain_framework(std::move(once), lock, accepted, answer);
}

}  // namespace envlock::tools
