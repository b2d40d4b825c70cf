#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "envlock/conda/channel.h"
#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/conda/request.h"
#include "envlock/conda/solution.h"
#include "envlock/core/diagnostic.h"
#include "envlock/lock/pip.h"
#include "envlock/spec/spec.h"

namespace envlock::lock {

/// The format this program writes. An unknown one is refused with the version that can read it.
inline constexpr int kFormatVersion = 1;

struct LockedPackage {
  conda::PackageRecord record;
  bool sha256_computed = false;  ///< the index had none; we hashed the file

  bool operator==(const LockedPackage&) const = default;
};

struct PlatformPackage {
  std::size_t package = 0;              ///< index into Lock::packages
  std::vector<std::string> categories;  ///< sorted; why it is there: those of the requests that reach it

  bool operator==(const PlatformPackage&) const = default;
};

struct LockedPlatform {
  conda::Platform platform;
  std::vector<PlatformPackage> packages;                 ///< in order of Lock::packages
  std::vector<PlatformDistribution> distributions = {};  ///< in order of Lock::distributions
  std::vector<ProvidedExtra> provided_extras = {};       ///< sorted; those that are asked for

  bool operator==(const LockedPlatform&) const = default;
};

struct Options {
  conda::ChannelPriority channel_priority = conda::ChannelPriority::strict;
  std::optional<core::Milliseconds> exclude_newer;
  bool exclude_newer_strict = false;

  bool operator==(const Options&) const = default;
};

/// `envlock.lock` as a value.
/// Order: requests by (name, text, selector, category), packages by (name, channel, subdir, file name), platforms by
/// name, distributions by (name, version, file, url).
struct Lock {
  std::vector<conda::Channel> channels;  ///< in rank order
  std::vector<conda::Request> requests;  ///< `where` empty
  Options options;
  std::map<std::string, std::string> variables;
  std::vector<LockedPackage> packages;  ///< each chosen record once
  std::vector<LockedPlatform> platforms;
  std::optional<PipOptions> pip;                  ///< absent when no line of a `pip:` list stands in the files
  std::vector<PipLine> pip_lines;                 ///< sorted, each once
  std::vector<LockedDistribution> distributions;  ///< each chosen one once

  bool operator==(const Lock&) const = default;
};

/// What was solved for one platform.
struct PlatformSolution {
  conda::Platform platform;
  conda::Solution solution;
  std::vector<PickedDistribution> distributions = {};  ///< none of what the conda part provides
  std::vector<ProvidedExtra> provided_extras = {};
};

/// Puts a lock together; computes categories and extras; sorts. `computed` names the files whose sha256 we computed.
/// `pip`: what the `pip:` lists ask for; absent when they have no lines, or are not to be locked.
/// Throws: core::Error "hash-missing", "record-invalid": all that could not be read again.
Lock make(const spec::Spec& spec, const std::vector<conda::Channel>& channels, const Options& options,
          const std::vector<PlatformSolution>& solutions, const std::vector<std::string>& computed,
          const std::optional<PipInput>& pip = std::nullopt);

/// Canonical bytes: docs/formats/envlock-lock.md.
std::string format(const Lock& lock);
/// Throws: core::Error "lock-invalid" (with line and column), "lock-version", "lock-conflict-markers",
/// "lock-not-canonical" never: other layouts of the same JSON are read.
Lock parse(std::string_view text, const std::string& file);
Lock read(const std::filesystem::path& file);
/// A lock that git left with conflict markers: both sides, ours first. Absent when it has none.
/// Throws: core::Error "lock-invalid" when a side is no lock.
std::optional<std::vector<Lock>> parse_conflicted(std::string_view text, const std::string& file);

/// Every reason why `lock` is not what `spec` asks for; empty: fresh. Pure: needs no index, no network, no clock.
/// Each diagnostic names the line of the environment.yml that is not met, or the locked record that nothing asks for.
/// `platforms`, `options` and `channels` are what a run of `envlock lock` with the same arguments would use.
struct FreshnessInput {
  std::vector<conda::Channel> channels;
  Options options;
  std::vector<conda::Platform> platforms;
  std::map<std::string, std::vector<std::string>> channel_bases;  ///< as resolve::CondaOptions
  std::optional<PipInput> pip = std::nullopt;                     ///< as `make` takes it
};
std::vector<core::Diagnostic> check(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input);

/// Why a package is in a platform of the lock: the shortest chain from a request, then every direct dependent.
struct Reason {
  std::vector<std::string> chain;  ///< "pytorch >=2.0 (environment.yml)", "pytorch 2.5.1 needs numpy >=1.19,<3", ...
  std::vector<std::string> dependents;  ///< names, sorted
  /// What the chain begins with, as the lock keeps it: a spec of `dependencies:`, or a line of `pip:`.
  std::variant<std::monostate, conda::Request, PipLine> origin = {};
};
std::optional<Reason> why(const Lock& lock, std::string_view platform, std::string_view name);

}  // namespace envlock::lock
