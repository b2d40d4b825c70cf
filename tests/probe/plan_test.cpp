#include "envlock/probe/plan.h"

#include <algorithm>
#include <set>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

namespace envlock::probe {
namespace {

const Size kOdd{
    .name = "odd", .B = 3, .T = 5, .C = 12, .H = 3, .L = 2, .F = 20, .V = 256, .steps = 2, .score_scale = 0.5f};

std::vector<Size> sizes() {
  std::vector<Size> sizes = all_sizes();
  sizes.push_back(kOdd);
  return sizes;
}

TEST_CASE("tensors lie side by side in the arena, aligned, and the gradients without a gap") {
  for (const Size& size : sizes()) {
    const Plan plan = make_plan(size);
    std::vector<const Tensor*> by_place;
    std::set<std::string> names;
    for (const Tensor& tensor : plan.tensors) {
      by_place.push_back(&tensor);
      CHECK(names.insert(tensor.name).second);
      std::size_t count = 1;
      for (const int dimension : tensor.shape) count *= static_cast<std::size_t>(dimension);
      CHECK(count == tensor.count);
      CHECK(tensor.offset + tensor.count <= plan.arena_elements);
    }
    std::sort(by_place.begin(), by_place.end(), [](auto* a, auto* b) { return a->offset < b->offset; });
    for (std::size_t i = 1; i < by_place.size(); ++i) {
      CHECK(by_place[i - 1]->offset + by_place[i - 1]->count <= by_place[i]->offset);
    }
    std::size_t next = plan.tensor(plan.parameters.front().gradient).offset;
    CHECK(next % 64 == 0);
    std::set<TensorId> gradients;
    for (const Parameter& parameter : plan.parameters) {
      const Tensor& gradient = plan.tensor(parameter.gradient);
      CHECK(gradient.offset == next);
      next += gradient.count;
      gradients.insert(parameter.gradient);
    }
    CHECK(next - plan.tensor(plan.parameters.front().gradient).offset == plan.gradient_elements);
    for (TensorId id = 0; id < static_cast<TensorId>(plan.tensors.size()); ++id) {
      if (gradients.count(id) == 0) CHECK(plan.tensor(id).offset % 64 == 0);
    }
  }
}

TEST_CASE("every digested tensor is finished by one op, in the order of the page; only the inputs by none") {
  for (const Size& size : sizes()) {
    const Plan plan = make_plan(size);
    std::vector<int> finished;
    for (const Op& op : plan.ops) finished.insert(finished.end(), op.finished.begin(), op.finished.end());
    std::vector<int> wanted;
    for (int i = 2; i < static_cast<int>(plan.digested.size()); ++i) wanted.push_back(i);
    std::sort(finished.begin(), finished.end());
    CHECK(finished == wanted);
    CHECK(plan.digested[0] == plan.tokens);
    CHECK(plan.digested[1] == plan.targets);
    CHECK(std::set<TensorId>(plan.digested.begin(), plan.digested.end()).size() == plan.digested.size());
  }
}

TEST_CASE("the parameters are digested at the start under names of their own") {
  const Plan plan = make_plan(find_size("quick"));
  CHECK(initial_tensors(plan).size() == plan.parameters.size());
  CHECK(initial_name(plan, 0) == "init.wte");
  CHECK(initial_name(plan, plan.parameters.size() - 1) == "init.lnf.bias");
  CHECK(plan.parameters.size() == 2 + 8 * 2 + 2);
  std::size_t elements = 0;
  for (const Parameter& parameter : plan.parameters) elements += plan.tensor(parameter.value).count;
  CHECK(elements == 119424);
  CHECK(elements == plan.gradient_elements);
}

TEST_CASE("a size that cannot be is refused") {
  for (const auto change : {+[](Size& size) { size.H = 5; }, +[](Size& size) { size.B = 0; },
                            +[](Size& size) { size.T = -1; }, +[](Size& size) { size.F = 0; }}) {
    Size size = kOdd;
    change(size);
    try {
      make_plan(size);
      FAIL("no error");
    } catch (const core::Error& error) {
      CHECK(error.diagnostics().front().code == "unknown-size");
    }
  }
  CHECK_THROWS_AS(find_size("huge"), core::Error);
}

}  // namespace
}  // namespace envlock::probe
