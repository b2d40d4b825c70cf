// What a team accepted: which bits its environment computes on which class of hardware.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/probe/tier_run.h"

namespace envlock::probe {

/// What a GPU library chooses its code by.
struct GpuClass {
  std::string name;
  std::string compute_capability;
  int multiprocessors = 0;
  std::string mig;  ///< "off", "on", "" when it is not told

  auto operator<=>(const GpuClass&) const = default;
};

/// "NVIDIA A100-SXM4-40GB (compute capability 8.0, 108 multiprocessors)".
std::string describe(const GpuClass& gpu);

/// What numerical libraries choose their code by, and nothing else: no versions, no drivers, no names of machines.
struct HardwareClass {
  std::string architecture;      ///< "x86_64"
  std::string vendor;            ///< "AuthenticAMD"; "" where it does not matter
  std::vector<std::string> isa;  ///< sorted
  std::uint64_t l2_bytes = 0;    ///< 0 where it does not matter
  int threads = 1;
  std::vector<GpuClass> gpus;

  auto operator<=>(const HardwareClass&) const = default;
};
/// "AuthenticAMD x86_64, avx512f, 1 MiB L2, 1 thread".
std::string describe(const HardwareClass& hardware);

/// A file that a tier had mapped, bound by its bytes as the package has them: the same in every prefix.
struct BoundFile {
  std::string package;  ///< "libopenblas"; "" for none
  std::string path;     ///< from the prefix
  core::Sha256 content{};

  auto operator<=>(const BoundFile&) const = default;
};

/// The first 32 bits of a digest: what an AcceptedSection keeps of one.
std::uint32_t shortened(const core::Sha256& digest);

/// The digests of one section, short ones beside the root: enough to find where another run leaves them.
struct AcceptedSection {
  std::string name;
  core::Sha256 root{};
  std::vector<std::string> initial_ops;  ///< names
  std::vector<std::string> step_ops;
  /// The first 32 bits of each op digest, of the initial state and then of every step.
  std::vector<std::vector<std::uint32_t>> steps;

  bool operator==(const AcceptedSection&) const = default;
};

struct AcceptedTier {
  std::string tier;
  std::string subject;
  core::Sha256 root{};
  std::vector<SumOrder> orders;
  std::vector<std::pair<std::string, std::string>> details;  ///< "library", "version", "kernel": facts, never compared
  /// Variables that steer libraries and were set; sorted, facts as well. What holds a path or a secret is left out.
  std::vector<std::pair<std::string, std::string>> variables;
  std::vector<BoundFile> files;  ///< sorted by path
  std::vector<AcceptedSection> sections;

  bool operator==(const AcceptedTier&) const = default;
};
/// `files` are those of run.mapped that lie in the prefix.
AcceptedTier accept(const TierRun& run, std::vector<BoundFile> files);

struct AcceptedClass {
  HardwareClass hardware;
  std::vector<AcceptedTier> tiers;  ///< sorted by (tier, subject)

  bool operator==(const AcceptedClass&) const = default;
};

/// The file `envlock.baseline.json`. Nothing in it is a secret, a time, a path outside the prefix, or a name of a
/// machine.
struct Baseline {
  std::string tiers_spec;  ///< kTiersVersion
  std::vector<AcceptedClass> classes;

  const AcceptedClass* find(const HardwareClass& hardware) const;
  /// Adds the class, or puts these tiers in the place of those that it has.
  void replace(const HardwareClass& hardware, std::vector<AcceptedTier> tiers);
  bool operator==(const Baseline&) const = default;
};

/// Canonical JSON: docs/formats/baseline.md. Two hosts that each add a class change different lines, so that git merges
/// both.
std::string format(const Baseline& baseline);
/// With `troubles`, what can be read is read, and they tell the rest: a class that is not what its seal says is left
/// out
/// ("baseline-edited"); where git could not merge, the classes of both sides are read ("baseline-conflict"). Without,
/// both are thrown, the second as "baseline-invalid".
/// Throws: Error "baseline-invalid" with the place, "baseline-version", "baseline-spec" (digests of another
/// kTiersVersion), "baseline-edited".
Baseline parse_baseline(std::string_view text, std::string_view name,
                        std::vector<core::Diagnostic>* troubles = nullptr);

/// A bound file that is not as it was when the tier was accepted.
struct ChangedFile {
  enum class Kind { other_bytes, added, gone };
  std::string path;
  std::string package;  ///< whose file it is now; of one that is gone: whose it was
  Kind kind = Kind::other_bytes;

  bool operator==(const ChangedFile&) const = default;
};

/// How a run stands to what was accepted.
struct TierComparison {
  bool equal = false;
  std::vector<std::string> differing_sections;
  /// The first digest that differs; `want` and `have` hold the first 32 bits only. Absent when equal, and when the
  /// sections differ in what they hold.
  std::optional<Mismatch> first;
  std::optional<Mismatch> training;        ///< the same of the training run alone
  std::vector<ChangedFile> changed_files;  ///< sorted by path
  bool same_orders = true;
};
/// Whether two readings of orders name the same trees. One that could not be read says nothing, and so is no
/// difference.
bool same_orders(const std::vector<SumOrder>& left, const std::vector<SumOrder>& right);
TierComparison compare(const AcceptedTier& accepted, const TierRun& run, const std::vector<BoundFile>& files);

}  // namespace envlock::probe
