// What a run leaves behind: digests that two machines can compare, and facts that help to explain a difference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/probe/plan.h"

namespace envlock::probe {

/// A digested tensor, as it enters its op digest.
struct OpInfo {
  std::string name;
  ElementType type = ElementType::f32;
  std::vector<int> shape;

  bool operator==(const OpInfo&) const = default;
};

/// The digests of the initial state or of one step.
struct StepRecord {
  std::vector<core::Sha256> ops;  ///< in the order of RunDocument::initial_ops or step_ops
  core::Sha256 root;
  core::Sha256 chain;
  std::uint32_t loss_bits = 0;  ///< not of the initial state

  bool operator==(const StepRecord&) const = default;
};

/// A name such as "reference" or "as-found", and the initial state followed by the steps.
struct PartRecord {
  std::string name;
  std::vector<StepRecord> steps;
  core::Sha256 root;

  bool operator==(const PartRecord&) const = default;
};

/// A tensor of a run. step -1 is the initial state.
struct Place {
  std::string part;
  int step = -1;
  std::string op;

  bool operator==(const Place&) const = default;
};

/// All chunk digests of one tensor.
struct Leaves {
  Place place;
  std::vector<core::Sha256> digests;
  bool operator==(const Leaves&) const = default;
};

/// The bits of the first elements of one tensor, at most kMostDumpedWords of them.
struct Dump {
  Place place;
  std::vector<std::uint32_t> words;
  bool operator==(const Dump&) const = default;
};
inline constexpr std::size_t kMostDumpedWords = 65536;

/// How many elements differ, and the first of them.
struct ElementDifference {
  std::uint64_t compared = 0;
  std::uint64_t total = 0;  ///< elements of the tensor; larger than `compared` when a dump was cut
  std::uint64_t differing = 0;
  std::uint64_t max_ulp = 0;     ///< between numbers; NaNs are left out
  std::vector<int> first_index;  ///< one number a dimension
  std::uint32_t want_bits = 0;   ///< there
  std::uint32_t have_bits = 0;
  bool operator==(const ElementDifference&) const = default;
};

/// The first digest of a part that is not the one wanted.
struct Mismatch {
  Place place;
  core::Sha256 want;
  core::Sha256 have;
  std::uint64_t differing_ops = 0;  ///< in the whole part
  std::uint64_t compared_ops = 0;
  std::optional<ElementDifference> elements;
  std::string truth;  ///< what `elements` was compared with: "this machine's scalar kernels"; empty without
  bool operator==(const Mismatch&) const = default;
};

/// A tensor that held NaNs: never so in a run that is as specified.
struct NanCount {
  Place place;
  std::uint64_t count = 0;
  bool operator==(const NanCount&) const = default;
};

/// A check of single operations, made in every thread: "denormal results", "fma rounds once".
struct Canary {
  std::string name;
  bool ok = true;
  std::vector<int> threads;  ///< in which it failed
  bool operator==(const Canary&) const = default;
};

/// The same computation in a fresh process.
struct Repeat {
  int runs = 0;
  /// Digests that differ between this run and a repeat; `want` is this run's, `have` the repeat's.
  std::optional<Mismatch> difference;
  /// Which of the two is not as the golden file says, as far as it can tell.
  enum class Wrong { neither, this_run, repeat, both, unknown };
  Wrong wrong = Wrong::neither;
  bool operator==(const Repeat&) const = default;
};

enum class Verdict {
  as_specified,    ///< every digest is the golden one
  fp_environment,  ///< the arithmetic is right, but this environment changes the floating-point unit's settings
  miscomputed,     ///< wrong, and wrong again the same way: a compiler, a driver, a build, or a steady hardware fault
  unstable         ///< two runs differ: a hardware fault or a race, ours not excluded
};

/// What ran it. None of it enters a digest.
struct Facts {
  std::string envlock_version;
  std::string device;                                        ///< "cpu" or "cuda:0"
  std::string device_name;                                   ///< the processor's or the GPU's
  std::vector<std::pair<std::string, std::string>> details;  ///< "isa" "avx512"; "uuid", "pci", "driver", ...
  int threads = 1;
  double seconds = 0;                                            ///< of the reference part
  std::vector<std::pair<std::string, std::string>> environment;  ///< variables that change numerics
  bool operator==(const Facts&) const = default;
};

struct RunDocument {
  std::string spec;
  std::string size;
  std::vector<OpInfo> initial_ops;
  std::vector<OpInfo> step_ops;
  std::vector<PartRecord> parts;  ///< "reference", "as-found"
  core::Sha256 root;
  std::optional<Mismatch> golden_mismatch;      ///< of the reference part
  std::uint64_t golden_compared = 0;            ///< digests that were held against the golden file; 0: there is none
  std::optional<Mismatch> as_found_difference;  ///< of as-found (have) from reference (want)
  std::vector<std::vector<std::string>> fp_settings;  ///< per thread, what is not IEEE 754's default
  std::vector<Canary> canaries;
  std::vector<NanCount> nans;
  Repeat repeat;
  std::vector<Leaves> leaves;
  std::vector<Dump> dumps;
  Verdict verdict = Verdict::as_specified;
  Facts facts;

  int steps() const { return parts.empty() ? 0 : static_cast<int>(parts.front().steps.size()) - 1; }
  const std::vector<OpInfo>& ops_of(int step) const { return step < 0 ? initial_ops : step_ops; }
  bool operator==(const RunDocument&) const = default;
};

std::string_view format(Verdict verdict);
std::string_view format(Repeat::Wrong wrong);

/// The verdict that a document's findings lead to.
Verdict judge(const RunDocument& document);

/// Canonical JSON: docs/formats/probe-run.md.
std::string format(const RunDocument& document);

/// Reads a document and recomputes its tree from the op digests.
/// Throws: Error "probe-run-malformed" (not JSON, duplicate keys, members missing or of the wrong kind),
/// "probe-run-version", "probe-run-spec", "probe-run-edited" (a digest is not the one of what lies below it).
RunDocument parse_run_document(std::string_view text, std::string_view name);

/// Whether a text claims to be such a document, without a promise that it is a good one.
bool is_run_document(std::string_view text);

}  // namespace envlock::probe
