#include "leaf_queue.h"

#include <algorithm>
#include <random>
#include <thread>

#include "envlock/probe/digest_tree.h"
#include "support/catch.h"

namespace envlock::probe {
namespace {

/// Tensors of awkward lengths, one after another in an arena.
struct Example {
  Example() {
    std::size_t offset = 0;
    for (const std::size_t count : {1u, 1023u, 1024u, 1025u, 4096u, 4097u, 12345u, 64u}) {
      const bool integers = count == 64;
      Tensor tensor;
      tensor.name = std::to_string(count);
      tensor.type = integers ? ElementType::u32 : ElementType::f32;
      tensor.shape = {static_cast<int>(count)};
      tensor.offset = offset;
      tensor.count = count;
      plan.tensors.push_back(tensor);
      ids.push_back(static_cast<TensorId>(ids.size()));
      offset += count + 3;
    }
    std::mt19937 random(20260301);
    arena.resize(offset);
    for (std::uint32_t& word : arena) word = static_cast<std::uint32_t>(random());
  }
  core::Sha256 root(std::size_t i, std::uint64_t* nans) const {
    const Tensor& tensor = plan.tensors[i];
    return tree_root(tensor_leaves(std::span(arena).subspan(tensor.offset, tensor.count), tensor.type, nans));
  }

  Plan plan;
  std::vector<TensorId> ids;
  std::vector<std::uint32_t> arena;
};

void check_roots(const Example& example, const LeafQueue& queue) {
  const std::vector<std::uint64_t> nans = queue.nans();
  for (std::size_t i = 0; i < example.ids.size(); ++i) {
    std::uint64_t want_nans = 0;
    CHECK(queue.roots()[i] == example.root(i, &want_nans));
    CHECK(nans[i] == want_nans);
  }
}

TEST_CASE("a queue makes the roots of its tensors, step after step") {
  Example example;
  LeafQueue queue(example.plan, example.arena, example.ids);
  for (int step = 0; step < 3; ++step) {
    queue.reset();
    CHECK_FALSE(queue.hash_one());
    for (const TensorId id : example.ids) queue.push(id);
    CHECK_FALSE(queue.empty());
    while (queue.hash_one()) {
    }
    CHECK(queue.empty());
    check_roots(example, queue);
    for (std::uint32_t& word : example.arena) word = word * 2654435761u + 1;
  }
}

TEST_CASE("many threads hash while tensors are still being pushed") {
  Example example;
  for (const int threads : {2, 3, 8}) {
    LeafQueue queue(example.plan, example.arena, example.ids);
    for (int step = 0; step < 20; ++step) {
      std::vector<TensorId> order = example.ids;
      std::shuffle(order.begin(), order.end(), std::mt19937(static_cast<unsigned>(step)));
      queue.reset();
      std::atomic<bool> pushed{false};
      std::vector<std::thread> workers;
      for (int i = 0; i < threads; ++i) {
        workers.emplace_back([&] {
          while (queue.hash_one() || !pushed || !queue.empty()) {
          }
        });
      }
      for (const TensorId id : order) queue.push(id);
      pushed = true;
      for (std::thread& worker : workers) worker.join();
      CHECK(queue.empty());
      check_roots(example, queue);
    }
  }
}

}  // namespace
}  // namespace envlock::probe
