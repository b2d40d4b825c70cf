#include "run_document_check.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/compare.h"
#include "envlock/probe/digest_tree.h"
#include "envlock/probe/golden.h"
#include "envlock/probe/run.h"
#include "locate.h"

namespace envlock::probe {
namespace {

constexpr std::size_t kChunkWords = kChunkBytes / 4;

std::string step_name(int step) {
  return step < 0 ? "the initial state" : "step " + std::to_string(step);
}

std::string name_of(const Place& place) {
  return "`" + place.op + "` in " + step_name(place.step) + " of part `" + place.part + "`";
}

const PartRecord* find_part(const RunDocument& document, const std::string& name) {
  for (const PartRecord& part : document.parts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

/// A tensor of the document: what it is, and its digest.
struct Found {
  const OpInfo* op = nullptr;
  core::Sha256 digest;
};

std::optional<Found> find(const RunDocument& document, const Place& place) {
  const PartRecord* part = find_part(document, place.part);
  if (part == nullptr || place.step >= document.steps()) return std::nullopt;
  const std::vector<OpInfo>& ops = document.ops_of(place.step);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (ops[i].name == place.op) return Found{&ops[i], part->steps[static_cast<std::size_t>(place.step + 1)].ops[i]};
  }
  return std::nullopt;
}

class Checker {
 public:
  Checker(const RunDocument& document, std::string_view file) : document_(document), file_(file) {}

  void check() const {
    check_plan();
    for (const PartRecord& part : document_.parts) check_part(part);
    check_root();
    for (const Leaves& leaves : document_.leaves) check_leaves(leaves);
    for (const Dump& dump : document_.dumps) check_dump(dump);
    for (const NanCount& nans : document_.nans) tensor_at(nans.place);
    check_as_found();
    check_golden();
    check_repeat();
    if (const Verdict found = judge(document_); found != document_.verdict) {
      edited("the verdict is not the one that the findings lead to", std::string(format(found)),
             std::string(format(document_.verdict)));
    }
  }

 private:
  [[noreturn]] void refuse(std::string code, std::string what, std::vector<std::string> why, std::string hint) const {
    throw core::Error({.code = std::move(code),
                       .what = std::move(what),
                       .where = core::SourceSpan{.file = std::string(file_)},
                       .why = std::move(why),
                       .hints = {std::move(hint)}});
  }

  [[noreturn]] void edited(std::string what, const std::string& want, const std::string& have,
                           const std::string& why = {}) const {
    constexpr const char* kCode = "probe-run-edited";
    std::vector<std::string> facts = {"want " + want + "  as computed from the rest of the document",
                                      "have " + have + "  as the document says"};
    if (!why.empty()) facts.push_back(why);
    refuse(kCode, std::move(what), std::move(facts),
           "the document was changed after it was written: take the original, or run the probe again");
  }
  void compare_digests(const core::Sha256& want, const core::Sha256& have, const std::string& what,
                       const std::string& why = {}) const {
    if (want != have) edited(what, core::format(want), core::format(have), why);
  }

  Found tensor_at(const Place& place) const {
    if (const auto found = find(document_, place)) return *found;
    constexpr const char* kCode = "probe-run-malformed";
    refuse(kCode, "the document speaks of " + name_of(place) + ", which it does not hold", {},
           "use the document as `envlock probe run` wrote it, or make it again");
  }

  /// A name or a shape cannot be computed from an op digest. Those of the page's sizes are known.
  void check_plan() const {
    const auto size = std::find_if(all_sizes().begin(), all_sizes().end(),
                                   [&](const Size& each) { return each.name == document_.size; });
    if (size == all_sizes().end()) return;
    const Plan plan = make_plan(*size);
    check_ops(initial_ops(plan), document_.initial_ops, "the initial state");
    check_ops(step_ops(plan), document_.step_ops, "a step");
  }

  void check_ops(const std::vector<OpInfo>& want, const std::vector<OpInfo>& have, const std::string& of) const {
    const std::string what = "the tensors of " + of + " are not those of size `" + document_.size + "`";
    if (want.size() != have.size()) {
      edited(what, std::to_string(want.size()) + " tensors", std::to_string(have.size()) + " tensors");
    }
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (want[i] != have[i]) edited(what, describe(want[i]), describe(have[i]));
    }
  }
  static std::string describe(const OpInfo& op) {
    std::string text = "`" + op.name + "` " + (op.type == ElementType::f32 ? "f32" : "u32");
    for (const int dimension : op.shape) text += " " + std::to_string(dimension);
    return text;
  }

  void check_part(const PartRecord& part) const {
    core::Sha256 chain;
    std::vector<core::Sha256> roots;
    for (std::size_t i = 0; i < part.steps.size(); ++i) {
      const StepRecord& step = part.steps[i];
      const int number = static_cast<int>(i) - 1;
      const std::string place = step_name(number) + " of part `" + part.name + "`";
      const core::Sha256 root = tree_root(step.ops);
      if (root != step.root) {
        // The chain tells which of the two was changed.
        const bool root_was_changed = chain_digest(chain, root) == step.chain;
        const std::string suspect = root_was_changed ? "" : suspected_op(part, i);
        edited(root_was_changed ? "the root of " + place + " was changed" : "an op digest in " + place + " was changed",
               core::format(root), core::format(step.root), suspect);
      }
      chain = chain_digest(chain, step.root);
      compare_digests(chain, step.chain, "the chain is broken at " + place);
      if (number >= 0) check_loss(part, number, step);
      roots.push_back(step.root);
    }
    compare_digests(tree_root(std::move(roots)), part.root, "the root of part `" + part.name + "` was changed");
  }

  /// Another part that claims the same root of this step, but has other digests, gives the changed one away.
  std::string suspected_op(const PartRecord& part, std::size_t index) const {
    for (const PartRecord& other : document_.parts) {
      const StepRecord& step = part.steps[index];
      if (&other == &part || other.steps[index].root != step.root) continue;
      for (std::size_t i = 0; i < step.ops.size(); ++i) {
        if (step.ops[i] == other.steps[index].ops[i]) continue;
        return "part `" + other.name + "` claims the same root and has another digest of `" +
               document_.ops_of(static_cast<int>(index) - 1)[i].name + "`";
      }
    }
    return {};
  }

  /// The loss stands beside its own digest.
  void check_loss(const PartRecord& part, int number, const StepRecord& step) const {
    const std::array<std::uint32_t, 1> word{step.loss_bits};
    for (std::size_t i = 0; i < document_.step_ops.size(); ++i) {
      const OpInfo& op = document_.step_ops[i];
      if (op.name != "loss" || op.type != ElementType::f32 || op.shape != std::vector<int>{1}) continue;
      compare_digests(op_digest(op.name, op.type, op.shape, leaf_digest(word, op.type, nullptr)), step.ops[i],
                      "the loss of step " + std::to_string(number) + " of part `" + part.name +
                          "` is not the one that was digested");
    }
  }

  void check_root() const {
    std::vector<core::Sha256> digests;
    for (const PartRecord& part : document_.parts) digests.push_back(part_digest(part.name, part.root));
    compare_digests(document_root(document_.size, document_.steps(), std::move(digests)), document_.root,
                    "the root of the document was changed");
  }

  void check_leaves(const Leaves& leaves) const {
    const Found found = tensor_at(leaves.place);
    const std::uint64_t wanted = (element_count(*found.op) + kChunkWords - 1) / kChunkWords;
    const std::string what = "the leaves of " + name_of(leaves.place) + " were changed";
    if (leaves.digests.size() != wanted) {
      edited(what, std::to_string(wanted) + " leaves", std::to_string(leaves.digests.size()) + " leaves");
    }
    compare_digests(op_digest(found.op->name, found.op->type, found.op->shape, tree_root(leaves.digests)), found.digest,
                    what);
  }

  void check_dump(const Dump& dump) const {
    const Found found = tensor_at(dump.place);
    const std::uint64_t elements = element_count(*found.op);
    const std::uint64_t wanted = std::min<std::uint64_t>(elements, kMostDumpedWords);
    const std::string what = "the dump of " + name_of(dump.place) + " was changed";
    if (dump.words.size() != wanted) {
      edited(what, std::to_string(wanted) + " words", std::to_string(dump.words.size()) + " words");
    }
    const std::vector<core::Sha256> leaves = tensor_leaves(dump.words, found.op->type, nullptr);
    if (wanted == elements) {
      compare_digests(op_digest(found.op->name, found.op->type, found.op->shape, tree_root(leaves)), found.digest,
                      what);
      return;
    }
    // Cut, so only the leaves of its whole chunks can be held against it.
    static_assert(kMostDumpedWords % kChunkWords == 0);
    for (const Leaves& each : document_.leaves) {
      if (each.place != dump.place) continue;
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        compare_digests(each.digests[i], leaves[i], what + " in chunk " + std::to_string(i));
      }
    }
  }

  /// A finding that can be made again from the digests must be the one that the document states.
  void compare_findings(const std::optional<Mismatch>& want, const std::optional<Mismatch>& have,
                        const std::string& what) const {
    const auto describe = [](const std::optional<Mismatch>& mismatch) -> std::string {
      if (!mismatch) return "no difference";
      return name_of(mismatch->place) + ", " + core::format(mismatch->want) + " and " + core::format(mismatch->have) +
             ", " + std::to_string(mismatch->differing_ops) + " of " + std::to_string(mismatch->compared_ops);
    };
    if (describe(want) != describe(have)) edited(what, describe(want), describe(have));
    if (have && have->elements) check_elements(*have);
  }

  void check_elements(const Mismatch& mismatch) const {
    const OpInfo& op = *tensor_at(mismatch.place).op;
    const ElementDifference& elements = *mismatch.elements;
    bool fits = elements.total == element_count(op) && elements.compared <= elements.total &&
                elements.differing <= elements.compared;
    if (elements.differing > 0) {
      fits = fits && elements.first_index.size() == op.shape.size();
      for (std::size_t i = 0; fits && i < op.shape.size(); ++i) fits = elements.first_index[i] < op.shape[i];
    }
    if (!fits) {
      edited("the elements that differ do not fit " + name_of(mismatch.place),
             std::to_string(element_count(op)) + " elements",
             std::to_string(elements.differing) + " of " + std::to_string(elements.compared) + " of " +
                 std::to_string(elements.total));
    }
  }

  void check_as_found() const {
    const PartRecord* reference = find_part(document_, "reference");
    const PartRecord* as_found = find_part(document_, "as-found");
    if (reference == nullptr || as_found == nullptr) {
      if (document_.as_found_difference) tensor_at(document_.as_found_difference->place);
      return;
    }
    compare_findings(first_difference(document_, *reference, document_, *as_found), document_.as_found_difference,
                     "the difference of part `as-found` from `reference` is not what their digests show");
  }

  /// The page's digests are as fixed as the page: what the document says of them is held against this program's copy.
  void check_golden() const {
    const auto size = std::find_if(all_sizes().begin(), all_sizes().end(),
                                   [&](const Size& each) { return each.name == document_.size; });
    const PartRecord* reference = find_part(document_, "reference");
    if (document_.golden_compared == 0 || size == all_sizes().end() || reference == nullptr) {
      if (document_.golden_mismatch) check_claim(*document_.golden_mismatch, &Mismatch::have);
      return;
    }
    const Golden golden = read_golden(make_plan(*size));
    std::optional<Mismatch> first;
    std::uint64_t compared = 0;
    for (std::size_t i = 0; i < std::min(golden.steps.size(), reference->steps.size()); ++i) {
      const int step = static_cast<int>(i) - 1;
      for (std::size_t op = 0; op < golden.steps[i].size(); ++op) {
        ++compared;
        const core::Sha256& want = golden.steps[i][op];
        const core::Sha256& have = reference->steps[i].ops[op];
        if (want == have) continue;
        if (!first) {
          first.emplace();
          first->place = {reference->name, step, document_.ops_of(step)[op].name};
          first->want = want;
          first->have = have;
        }
        ++first->differing_ops;
      }
    }
    if (first) first->compared_ops = compared;
    compare_findings(first, document_.golden_mismatch,
                     "the difference of part `reference` from the golden digests is not what they show");
    if (document_.golden_compared != compared) {
      edited("the number of digests that were held against golden ones was changed", std::to_string(compared),
             std::to_string(document_.golden_compared));
    }
  }

  void check_claim(const Mismatch& mismatch, core::Sha256 Mismatch::*ours) const {
    compare_digests(tensor_at(mismatch.place).digest, mismatch.*ours,
                    "a finding gives another digest of " + name_of(mismatch.place) + " than its step");
    if (mismatch.elements) check_elements(mismatch);
  }

  /// Of the other run the document holds no tree: only this run's side can be checked.
  void check_repeat() const {
    if (!document_.repeat.difference) return;
    check_claim(*document_.repeat.difference, &Mismatch::want);
    if (document_.repeat.difference->want == document_.repeat.difference->have) {
      edited("the repeat is said to differ, with equal digests", "two digests",
             core::format(document_.repeat.difference->have));
    }
  }

  const RunDocument& document_;
  std::string_view file_;
};

}  // namespace

std::uint64_t element_count(const OpInfo& op) {
  std::uint64_t count = 1;
  for (const int dimension : op.shape) count *= static_cast<std::uint64_t>(dimension);
  return count;
}

void check_run_document(const RunDocument& document, std::string_view file) {
  Checker(document, file).check();
}

}  // namespace envlock::probe
