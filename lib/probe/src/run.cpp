#include "envlock/probe/run.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <functional>
#include <optional>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/compare.h"
#include "envlock/probe/digest_tree.h"
#include "envlock/probe/golden.h"
#include "envlock/probe/machine.h"
#include "fp_environment.h"
#include "locate.h"

namespace envlock::probe {
namespace {

constexpr const char* kReference = "reference";

/// A part's digests, to hold another part against.
Golden digests_of(const PartRecord& part) {
  Golden digests;
  for (const StepRecord& step : part.steps) digests.steps.push_back(step.ops);
  return digests;
}

/// One run of the computation: fills a part of the document.
class PartRun {
 public:
  PartRun(const Plan& plan, const RunOptions& options, RunDocument& document, const std::string& name)
      : plan_(plan), options_(options), document_(document), part_{name, {}, {}} {}

  /// Holds the part against these digests while it runs, and keeps in `mismatch` where it first leaves them.
  void against(const Golden& wanted, std::optional<Mismatch>& mismatch) {
    wanted_ = &wanted;
    mismatch_ = &mismatch;
  }

  PartRecord run(FpMode mode, int steps, const std::function<void()>& done) {
    std::optional<DefaultFpControl> guard;  // the step's scalars are computed here, in this thread
    if (mode == FpMode::normalised) guard.emplace();
    const std::unique_ptr<Backend> backend = options_.make_backend(mode);
    const auto begin = std::chrono::steady_clock::now();
    record(backend->start(), -1, *backend);
    Schedule schedule(plan_.size);
    for (int step = 0; step < steps; ++step) {
      record(backend->step(schedule.next()), step, *backend);
      done();
    }
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::vector<core::Sha256> roots;
    for (const StepRecord& each : part_.steps) roots.push_back(each.root);
    part_.root = tree_root(std::move(roots));
    return std::move(part_);
  }

  double seconds() const { return seconds_; }
  std::uint64_t compared() const { return compared_; }
  const std::vector<std::uint32_t>& wrong_words() const { return wrong_words_; }

 private:
  void record(const StepResult& result, int step, Backend& backend) {
    const std::vector<OpInfo>& infos = document_.ops_of(step);
    StepRecord record;
    record.loss_bits = std::bit_cast<std::uint32_t>(result.loss);
    for (std::size_t i = 0; i < infos.size(); ++i) {
      record.ops.push_back(op_digest(infos[i].name, infos[i].type, infos[i].shape, result.roots[i]));
      if (result.nans[i] > 0) document_.nans.push_back({{part_.name, step, infos[i].name}, result.nans[i]});
    }
    record.root = tree_root(record.ops);
    record.chain = chain_digest(part_.steps.empty() ? core::Sha256{} : part_.steps.back().chain, record.root);
    check(record, step, backend);
    if (part_.name == kReference) keep_dumps(step, backend);
    part_.steps.push_back(std::move(record));
  }

  TensorId tensor_of(int step, std::size_t op) const {
    return step < 0 ? plan_.parameters[op].value : plan_.digested[op];
  }

  void check(const StepRecord& record, int step, Backend& backend) {
    const auto index = static_cast<std::size_t>(step + 1);
    if (index >= wanted_->steps.size()) return;
    const std::vector<core::Sha256>& wanted = wanted_->steps[index];
    std::optional<Mismatch>& mismatch = *mismatch_;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ++compared_;
      if (record.ops[i] == wanted[i]) continue;
      if (!mismatch) {
        mismatch = Mismatch{.place = {part_.name, step, document_.ops_of(step)[i].name},
                            .want = wanted[i],
                            .have = record.ops[i],
                            .elements = std::nullopt,
                            .truth = {}};
        keep(mismatch->place, tensor_of(step, i), backend);
      }
      ++mismatch->differing_ops;
    }
    if (mismatch) mismatch->compared_ops = compared_;
  }

  void keep(const Place& place, TensorId id, Backend& backend) {
    wrong_words_ = backend.read(id);
    if (part_.name != kReference) return;  // the elements are compared before the words are forgotten
    document_.leaves.push_back({place, tensor_leaves(wrong_words_, plan_.tensor(id).type, nullptr)});
    keep_dump(place, wrong_words_);
  }

  void keep_dump(const Place& place, const std::vector<std::uint32_t>& words) {
    for (const Dump& dump : document_.dumps) {
      if (dump.place == place) return;
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(words.size(), kMostDumpedWords));
    document_.dumps.push_back({place, {words.begin(), words.begin() + count}});
  }

  void keep_dumps(int step, Backend& backend) {
    for (const Place& wanted : options_.dumps) {
      if (wanted.step != step) continue;
      const std::vector<OpInfo>& infos = document_.ops_of(step);
      for (std::size_t i = 0; i < infos.size(); ++i) {
        if (infos[i].name != wanted.op) continue;
        const Place place{part_.name, step, wanted.op};
        const std::vector<std::uint32_t> words = backend.read(tensor_of(step, i));
        keep_dump(place, words);
        const bool kept = std::any_of(document_.leaves.begin(), document_.leaves.end(),
                                      [&](const Leaves& leaves) { return leaves.place == place; });
        if (!kept) document_.leaves.push_back({place, tensor_leaves(words, infos[i].type, nullptr)});
      }
    }
  }

  const Plan& plan_;
  const RunOptions& options_;
  RunDocument& document_;
  PartRecord part_;
  const Golden* wanted_ = nullptr;
  std::optional<Mismatch>* mismatch_ = nullptr;
  std::uint64_t compared_ = 0;
  std::vector<std::uint32_t> wrong_words_;
  double seconds_ = 0;
};

void check_dumps(const RunDocument& document, const RunOptions& options, int steps) {
  for (const Place& place : options.dumps) {
    std::vector<std::string> names;
    for (const OpInfo& info : document.ops_of(place.step)) names.push_back(info.name);
    const bool known = std::find(names.begin(), names.end(), place.op) != names.end();
    if (known && place.step < steps) continue;
    core::Diagnostic diagnostic{.code = "unknown-op",
                                .what = "step " + (place.step < 0 ? "init" : std::to_string(place.step)) +
                                        " of this run has no tensor `" + core::printable(place.op) + "`",
                                .where = std::nullopt,
                                .why = {},
                                .hints = {}};
    if (place.step >= steps) {
      diagnostic.why.push_back("the run has steps 0 to " + std::to_string(steps - 1));
    } else if (const auto meant = core::closest_match(place.op, names)) {
      diagnostic.hints.push_back("did you mean `" + *meant + "`?");
    } else {
      diagnostic.hints.push_back("docs/probe-spec.md lists the tensors");
    }
    throw core::Error(std::move(diagnostic));
  }
}

int chosen_steps(const Plan& plan, const RunOptions& options) {
  if (options.steps == 0) return plan.size.steps;
  if (options.steps > 0 && options.steps <= plan.size.steps) return options.steps;
  throw core::Error(
      {.code = "too-many-steps",
       .what = "size `" + plan.size.name + "` has no " + std::to_string(options.steps) + " steps",
       .where = std::nullopt,
       .why = {"it has " + std::to_string(plan.size.steps) + ", and a run may stop earlier, after at least one"},
       .hints = {}});
}

/// Whether the part as found must come out the same again. Where threads have different settings it need not: it
/// depends on which of them takes which share of an op.
bool repeatable_as_found(const RunDocument& document, const RunDocument& repeat) {
  const std::vector<std::vector<std::string>>& settings = document.fp_settings;
  const bool alike = std::adjacent_find(settings.begin(), settings.end(), std::not_equal_to<>()) == settings.end();
  return alike && repeat.fp_settings == settings;
}

}  // namespace

std::vector<OpInfo> initial_ops(const Plan& plan) {
  std::vector<OpInfo> infos;
  for (std::size_t i = 0; i < plan.parameters.size(); ++i) {
    const Tensor& tensor = plan.tensor(plan.parameters[i].value);
    infos.push_back({initial_name(plan, i), tensor.type, tensor.shape});
  }
  return infos;
}

std::vector<OpInfo> step_ops(const Plan& plan) {
  std::vector<OpInfo> infos;
  for (const TensorId id : plan.digested) {
    const Tensor& tensor = plan.tensor(id);
    infos.push_back({tensor.name, tensor.type, tensor.shape});
  }
  return infos;
}

RunDocument run(const Plan& plan, const RunOptions& options) {
  const int steps = chosen_steps(plan, options);
  RunDocument document;
  document.spec = kSpecVersion;
  document.size = plan.size.name;
  document.initial_ops = initial_ops(plan);
  document.step_ops = step_ops(plan);
  check_dumps(document, options, steps);
  document.canaries = run_canaries(options.threads);
  document.fp_settings = found_fp_settings(options.threads);

  int done = 0;
  const auto tell = [&] {
    if (options.progress) options.progress(++done, 2 * steps);
  };
  const Golden golden = read_golden(plan);
  PartRun reference(plan, options, document, kReference);
  reference.against(golden, document.golden_mismatch);
  document.parts.push_back(reference.run(FpMode::normalised, steps, tell));
  document.facts.seconds = reference.seconds();
  document.golden_compared = reference.compared();

  const Golden computed = digests_of(document.parts.front());
  PartRun as_found(plan, options, document, "as-found");
  as_found.against(computed, document.as_found_difference);
  document.parts.push_back(as_found.run(FpMode::as_found, steps, tell));

  if (document.golden_mismatch) locate(plan, golden, reference.wrong_words(), *document.golden_mismatch);
  if (document.as_found_difference) locate(plan, computed, as_found.wrong_words(), *document.as_found_difference);
  std::vector<core::Sha256> digests;
  for (const PartRecord& part : document.parts) digests.push_back(part_digest(part.name, part.root));
  document.root = document_root(document.size, steps, std::move(digests));
  document.verdict = judge(document);
  return document;
}

void attach_repeat(RunDocument& document, const RunDocument& repeat) {
  Repeat& result = document.repeat;
  ++result.runs;
  if (result.difference) return;
  const std::size_t comparable = repeatable_as_found(document, repeat) ? document.parts.size() : 1;
  for (std::size_t i = 0; i < comparable && i < repeat.parts.size(); ++i) {
    result.difference = first_difference(document, document.parts[i], repeat, repeat.parts[i]);
    if (result.difference) break;
  }
  if (result.difference) {
    const bool known = document.golden_compared > 0;
    const bool this_wrong = document.golden_mismatch.has_value();
    const bool that_wrong = repeat.golden_mismatch.has_value();
    using enum Repeat::Wrong;
    result.wrong = !known                     ? unknown
                   : this_wrong && that_wrong ? both
                   : this_wrong               ? this_run
                   : that_wrong               ? Repeat::Wrong::repeat
                                              : unknown;
  }
  document.verdict = judge(document);
}

}  // namespace envlock::probe
