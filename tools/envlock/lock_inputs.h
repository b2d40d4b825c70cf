#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/conda/channel.h"
#include "envlock/conda/platform.h"
#include "envlock/lock/lock.h"
#include "envlock/spec/policy.h"
#include "envlock/spec/spec.h"
#include "lock_args.h"

namespace envlock::tools {

/// What one run of `envlock lock` works from, once files, flags, envlock.toml and the lock that is there are weighed.
struct LockInputs {
  std::filesystem::path output;
  spec::Spec spec;
  spec::Policy policy;
  std::vector<lock::Lock> previous;  ///< the lock that is there; both sides, ours first, when git left conflict markers
  bool conflicted = false;
  std::vector<conda::Platform> platforms;  ///< sorted by name
};

/// Reads everything that is local. Notes say whatever was assumed.
/// Throws: core::Error for unreadable files, unknown platforms, contradicting flags.
LockInputs read_lock_inputs(const LockArgs& args, core::Notes& notes);

/// The platforms to lock, each with what is assumed of its machines.
/// Order of precedence, for the platforms and for each virtual package: flags, then CONDA_OVERRIDE_* (virtual packages
/// only, with a note), then `platforms:` and envlock.toml, then the lock that is there, then the versioned defaults.
/// Never the machine at hand.
std::vector<conda::Platform> choose_platforms(const LockArgs& args, const spec::Spec& spec, const spec::Policy& policy,
                                              const lock::Lock* previous, core::Notes& notes);

/// Priority and cut-off: flags, then envlock.toml, then the lock that is there, then .condarc (priority only).
lock::Options choose_options(const Session& session, const LockArgs& args, const spec::Policy& policy,
                             const lock::Lock* previous);

/// The channels asked for: those of the files, then -c; without any, the `channels` of .condarc, with a note.
/// A channel that only a `channel::package` line names comes last. `channel_bases` receives what each such prefix
/// means. Throws: core::Error "no-channels", and what channel::resolve_channels throws.
std::vector<channel::Location> choose_channels(const LockArgs& args, const LockInputs& inputs, const Session& session,
                                               std::map<std::string, std::vector<std::string>>& channel_bases,
                                               core::Notes& notes);

}  // namespace envlock::tools
