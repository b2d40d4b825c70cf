#include "snapshot_probe.h"

#include <map>

#include "activation.h"
#include "bound_files.h"
#include "envlock/blas/replay.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/snapshot/snapshot.h"
#include "portable.h"
#include "probe_reference.h"
#include "replays.h"

namespace envlock::tools {
namespace {

void bind(probe::TierRun& run, const std::filesystem::path& prefix,
          const std::vector<prefix::InstalledPackage>& packages) {
  std::map<std::string, core::Sha256> contents;
  for (const probe::BoundFile& file : bind_files(run.mapped, prefix, packages)) contents[file.path] = file.content;
  for (probe::MappedFile& file : run.mapped) {
    if (const auto found = contents.find(file.path); found != contents.end()) file.sha256 = found->second;
  }
}

}  // namespace

probe::Computed compute_for_snapshot(const std::optional<std::filesystem::path>& prefix, const SnapshotProbeArgs& args,
                                     Out& out) {
  probe::Computed computed{.reference = run_quick_reference(args.repeat, out), .tiers = {}};
  if (prefix) {
    const TierRequest request{.prefix = *prefix,
                              .variables = prefix::read_variables(*prefix),
                              .environment = process_variables(),
                              .threads = args.threads,
                              .repeat = args.repeat,
                              .most_seconds = args.most_seconds};
    computed.tiers = run_all_tiers(request, out.notes);
    const std::vector<prefix::InstalledPackage> packages = prefix::read_conda_meta(*prefix).packages;
    const auto steering = blas::steering_variables(effective_environment(request), args.threads);
    for (probe::TierRun& run : computed.tiers) {
      bind(run, *prefix, packages);
      run.environment.assign(steering.begin(), steering.end());
    }
  }
  snapshot::make_public(computed);
  return computed;
}

}  // namespace envlock::tools
