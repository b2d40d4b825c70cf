// What a library or a framework of an environment computed: sections of digests that two environments can compare, and
// what was found wrong in them. The reference probe says whether the machine computes right; this says what the
// environment's own code makes of the same numbers. Source of every name, shape and datum: docs/probe-tiers.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/probe/run_document.h"

namespace envlock::probe {

/// The name of the page that says what a tier computes. Digests of two versions have nothing in common.
inline constexpr std::string_view kTiersVersion = "probe-tiers/1";

/// Tensors that were computed once, or a training run: its initial state, then its steps.
struct Section {
  std::string name;  ///< "integers", "battery", "alignment", "rows", "training", "ops"
  std::vector<OpInfo> initial_ops;
  std::vector<OpInfo> step_ops;  ///< empty where there are no steps
  /// Steps begin with the initial state, as in a RunDocument; the name is the section's.
  PartRecord record;

  const std::vector<OpInfo>& ops_of(int step) const { return step < 0 ? initial_ops : step_ops; }
  bool operator==(const Section&) const = default;
};

/// The digests of one section as they come in, made into its record.
class SectionBuilder {
 public:
  SectionBuilder(std::string name, std::vector<OpInfo> initial_ops, std::vector<OpInfo> step_ops);
  /// The tensor roots of the initial state, then of one step after another, in the order of the ops.
  void add(const std::vector<core::Sha256>& tensor_roots, std::uint32_t loss_bits = 0);
  Section finish();

 private:
  Section section_;
};

/// In which order a library adds up the K products of one output element of a matrix product, read from what it
/// computes (as FPRev does, arXiv 2411.00442), not from its name.
struct SumOrder {
  int K = 0;
  bool fused = false;  ///< products are added unrounded (fma)
  /// Products of neighbouring k that are added up before they meet the rest, in ascending k; one entry: all of them.
  std::vector<int> blocks;
  int lanes = 0;          ///< accumulators that take turns within a block; 0 when they have no common number
  core::Sha256 tree{};    ///< of the whole order
  bool replayed = false;  ///< adding up random data in this order gave the library's own bits

  bool operator==(const SumOrder&) const = default;
};

/// A result that no order of summation can give.
struct WrongResult {
  Place place;             ///< part is the section
  bool exact = false;      ///< it had to be an exact integer; else it left the error bound
  std::vector<int> index;  ///< of the worst element
  std::uint32_t want_bits = 0;
  std::uint32_t have_bits = 0;
  std::uint64_t wrong = 0;  ///< elements that are wrong, of `total`
  std::uint64_t total = 0;

  bool operator==(const WrongResult&) const = default;
};

/// Results that ought to be one and are several: of one function at several addresses, or of one row among others.
struct Variation {
  Place place;
  int distinct = 0;
  int tried = 0;

  bool operator==(const Variation&) const = default;
};

/// A file that the tier had mapped as code when it was done.
struct MappedFile {
  std::string path;  ///< from the prefix; absolute outside it
  bool outside = false;
  core::Sha256 sha256{};

  bool operator==(const MappedFile&) const = default;
};

/// Pairs of names and texts, each name once.
using Details = std::vector<std::pair<std::string, std::string>>;
/// The text of that name; "" when there is none.
std::string detail(const Details& details, std::string_view name);

struct TierRun {
  enum class Outcome {
    ran,
    crashed,   ///< a signal ended the child
    hung,      ///< it was ended when its time was over
    unusable,  ///< it could not be loaded or lacks what it takes; `trouble` has the reason
  };

  std::string tier;     ///< "blas", "torch", "numpy"
  std::string subject;  ///< what of the environment: "numpy", "torch", "libblas.so.3"; of torch: "as-found", ...
  std::string spec;     ///< kTiersVersion
  Outcome outcome = Outcome::ran;
  std::string trouble;  ///< in words; empty when it ran
  std::string stage;    ///< what it was doing when it ended: "loading", "battery"; empty when it ran

  std::vector<Section> sections;
  core::Sha256 root{};
  std::vector<SumOrder> orders;
  std::vector<WrongResult> wrong;
  std::vector<Variation> variations;
  std::vector<Canary> canaries_before;  ///< before the library was loaded
  std::vector<Canary> canaries_after;
  std::vector<std::vector<std::string>> fp_settings;  ///< per thread, after it was loaded
  int repeats = 0;
  std::optional<Mismatch> repeat_difference;  ///< of a fresh process (have) from this run (want)

  int threads = 1;
  std::vector<std::pair<std::string, std::string>> details;  ///< "library", "version", "kernel", "interface", ...
  std::vector<MappedFile> mapped;                            ///< sorted by path
  std::vector<std::pair<std::string, std::string>> environment;
  double seconds = 0;

  /// Null when the run has no such section.
  const Section* find(std::string_view section) const;
  bool operator==(const TierRun&) const = default;
};

/// What a run says of itself, without a partner.
enum class TierVerdict {
  consistent,      ///< same twice, and nothing wrong
  fp_environment,  ///< loading it changed how the processor rounds or treats subnormal numbers
  wrong,           ///< a result that no order of summation can give
  unstable,        ///< two runs of the same differ
  failed           ///< crashed, hung, or unusable
};
std::string_view format(TierVerdict verdict);
std::string_view format(TierRun::Outcome outcome);
TierVerdict judge(const TierRun& run);

/// Sets `root` from the sections.
void seal(TierRun& run);
/// Adds what the same tier in a fresh process says.
void attach_repeat(TierRun& run, const TierRun& repeat);

/// The first digest at which two runs part (want is the left's), over the sections that both have, in order; compares
/// names and shapes too. Absent when none differs.
std::optional<Mismatch> first_difference(const TierRun& left, const TierRun& right);
/// The names of those sections that both have and whose digests differ.
std::vector<std::string> differing_sections(const TierRun& left, const TierRun& right);

/// Canonical JSON: docs/formats/probe-tiers.md.
std::string format(const TierRun& run);
/// Reads such a document and computes its digests again.
/// Throws: Error "probe-run-malformed", "probe-run-version", "probe-run-spec", "probe-run-edited".
TierRun parse_tier_run(std::string_view text, std::string_view name);

}  // namespace envlock::probe
