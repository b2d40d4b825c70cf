#include "locate.h"

#include <algorithm>

#include "envlock/probe/compare.h"
#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/digest_tree.h"
#include "fp_environment.h"

namespace envlock::probe {
namespace {

/// The tensor at a place of a run with these kernels.
std::vector<std::uint32_t> compute(const Plan& plan, const std::string& isa, int step, TensorId tensor) {
  const DefaultFpControl guard;  // the schedule's numbers are computed in this thread
  const std::unique_ptr<Backend> backend = make_cpu_backend(plan, {.isa = isa, .digests = false});
  backend->start();
  Schedule schedule(plan.size);
  for (int i = 0; i <= step; ++i) backend->step(schedule.next());
  return backend->read(tensor);
}

const Dump* find_dump(const RunDocument& document, const Place& place) {
  for (const Dump& dump : document.dumps) {
    if (dump.place == place) return &dump;
  }
  return nullptr;
}

}  // namespace

void locate(const Plan& plan, const Golden& wanted, const std::vector<std::uint32_t>& have, Mismatch& mismatch) {
  const int step = mismatch.place.step;
  const std::vector<core::Sha256>& digests = wanted.steps.at(static_cast<std::size_t>(step + 1));
  const auto index =
      static_cast<std::size_t>(std::find(digests.begin(), digests.end(), mismatch.want) - digests.begin());
  if (index == digests.size()) return;
  const TensorId id = step < 0 ? plan.parameters.at(index).value : plan.digested.at(index);
  const Tensor& tensor = plan.tensor(id);
  const OpInfo info{mismatch.place.op, tensor.type, tensor.shape};
  std::vector<std::string> isas = usable_isas();
  std::reverse(isas.begin(), isas.end());
  for (const std::string& isa : isas) {
    const std::vector<std::uint32_t> words = compute(plan, isa, step, id);
    const core::Sha256 root = tree_root(tensor_leaves(words, tensor.type, nullptr));
    if (op_digest(info.name, info.type, info.shape, root) != mismatch.want) continue;
    mismatch.elements = compare_elements(words, have, info);
    mismatch.truth = "the same tensor computed again here by the " + isa + " kernels, which gives the wanted digest";
    return;
  }
}

std::optional<Mismatch> first_difference(const RunDocument& left, const PartRecord& left_part, const RunDocument& right,
                                         const PartRecord& right_part) {
  std::optional<Mismatch> mismatch;
  std::uint64_t compared = 0;
  for (std::size_t i = 0; i < std::min(left_part.steps.size(), right_part.steps.size()); ++i) {
    const int step = static_cast<int>(i) - 1;
    const std::vector<core::Sha256>& wanted = left_part.steps[i].ops;
    const std::vector<core::Sha256>& had = right_part.steps[i].ops;
    for (std::size_t op = 0; op < std::min(wanted.size(), had.size()); ++op) {
      ++compared;
      if (wanted[op] == had[op]) continue;
      if (!mismatch) {
        mismatch = Mismatch{.place = {right_part.name, step, left.ops_of(step)[op].name},
                            .want = wanted[op],
                            .have = had[op],
                            .elements = std::nullopt,
                            .truth = {}};
        const Dump* want = find_dump(left, {left_part.name, step, mismatch->place.op});
        const Dump* have = find_dump(right, mismatch->place);
        if (want != nullptr && have != nullptr && want->words.size() == have->words.size()) {
          mismatch->elements = compare_elements(want->words, have->words, left.ops_of(step)[op]);
        }
      }
      ++mismatch->differing_ops;
    }
  }
  if (mismatch) mismatch->compared_ops = compared;
  return mismatch;
}

}  // namespace envlock::probe
