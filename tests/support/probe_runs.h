#pragma once

// Runs of a model so small that its documents can be read, made of invented numbers instead of a training: what is
// tested with them is the documents, not the arithmetic.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "envlock/probe/digest_tree.h"
#include "envlock/probe/run_document.h"

namespace envlock_test {

/// Sees the elements of every tensor before they are digested, and may change them.
using Change = std::function<void(const envlock::probe::Place& place, std::vector<std::uint32_t>& words)>;

struct InventedRun {
  int steps = 6;
  Change change;
  std::vector<envlock::probe::Place> kept;  ///< whose leaves and elements the document keeps
};

inline std::vector<envlock::probe::OpInfo> invented_initial_ops() {
  using enum envlock::probe::ElementType;
  return {{"init.wte", f32, {4, 8}}, {"init.lnf.weight", f32, {8}}};
}

inline std::vector<envlock::probe::OpInfo> invented_step_ops() {
  using enum envlock::probe::ElementType;
  return {{"data.tokens", u32, {2, 4}},       {"lane.ftz", f32, {6, 4}},      {"fwd.embed", f32, {2, 4, 8}},
          {"fwd.0.mlp.up", f32, {2, 4, 160}}, {"fwd.logits", f32, {2, 4, 4}}, {"loss", f32, {1}},
          {"bwd.logits", f32, {2, 4, 4}},     {"bwd.0.in", f32, {2, 4, 8}},   {"opt.norm", f32, {1}},
          {"param.wte", f32, {4, 8}}};
}

inline std::uint64_t count_of(const envlock::probe::OpInfo& op) {
  std::uint64_t count = 1;
  for (const int dimension : op.shape) count *= static_cast<std::uint64_t>(dimension);
  return count;
}

/// Positive numbers of about 0.2, other ones for every tensor of every step; the loss falls from 5.5 by a quarter a
/// step.
inline std::vector<std::uint32_t> invented_words(const envlock::probe::OpInfo& op, int step) {
  std::vector<std::uint32_t> words(count_of(op));
  std::uint32_t state = static_cast<std::uint32_t>(step + 2) * 2654435761u;
  for (const char letter : op.name) state = (state ^ static_cast<unsigned char>(letter)) * 16777619u;
  for (std::uint32_t& word : words) {
    state = state * 1664525u + 1013904223u;
    word = op.type == envlock::probe::ElementType::u32 ? state >> 24 : 0x3e400000u + (state >> 12);
  }
  if (op.name == "loss") words[0] = std::bit_cast<std::uint32_t>(5.5f - 0.25f * static_cast<float>(step));
  return words;
}

/// Makes every root of a document anew from its op digests.
inline void seal(envlock::probe::RunDocument& document) {
  using namespace envlock::probe;
  std::vector<envlock::core::Sha256> parts;
  for (PartRecord& part : document.parts) {
    envlock::core::Sha256 chain;
    std::vector<envlock::core::Sha256> roots;
    for (StepRecord& step : part.steps) {
      step.root = tree_root(step.ops);
      chain = chain_digest(chain, step.root);
      step.chain = chain;
      roots.push_back(step.root);
    }
    part.root = tree_root(roots);
    parts.push_back(part_digest(part.name, part.root));
  }
  document.root = document_root(document.size, document.steps(), parts);
}

/// Of the first two parts of two documents of the same steps: where `have` leaves `want`.
inline std::optional<envlock::probe::Mismatch> first_difference(const envlock::probe::RunDocument& document,
                                                                const envlock::probe::PartRecord& want,
                                                                const envlock::probe::PartRecord& have) {
  std::optional<envlock::probe::Mismatch> first;
  std::uint64_t compared = 0;
  for (std::size_t i = 0; i < std::min(want.steps.size(), have.steps.size()); ++i) {
    for (std::size_t op = 0; op < want.steps[i].ops.size(); ++op) {
      ++compared;
      if (want.steps[i].ops[op] == have.steps[i].ops[op]) continue;
      const int step = static_cast<int>(i) - 1;
      if (!first) {
        first.emplace();
        first->place = {have.name, step, document.ops_of(step)[op].name};
        first->want = want.steps[i].ops[op];
        first->have = have.steps[i].ops[op];
      }
      ++first->differing_ops;
    }
  }
  if (first) first->compared_ops = compared;
  return first;
}

inline envlock::probe::RunDocument make_run(const InventedRun& invented = {}) {
  using namespace envlock::probe;
  RunDocument document;
  document.spec = kSpecVersion;
  document.size = "invented";
  document.initial_ops = invented_initial_ops();
  document.step_ops = invented_step_ops();
  for (const char* name : {"reference", "as-found"}) {
    PartRecord& part = document.parts.emplace_back();
    part.name = name;
    for (int number = -1; number < invented.steps; ++number) {
      StepRecord& step = part.steps.emplace_back();
      for (const OpInfo& op : document.ops_of(number)) {
        const Place place{name, number, op.name};
        std::vector<std::uint32_t> words = invented_words(op, number);
        if (invented.change) invented.change(place, words);
        const std::vector<envlock::core::Sha256> leaves = tensor_leaves(words, op.type, nullptr);
        step.ops.push_back(op_digest(op.name, op.type, op.shape, tree_root(leaves)));
        if (op.name == "loss") step.loss_bits = words[0];
        if (std::find(invented.kept.begin(), invented.kept.end(), place) == invented.kept.end()) continue;
        document.leaves.push_back({place, leaves});
        document.dumps.push_back({place, words});
      }
    }
  }
  seal(document);
  document.as_found_difference = first_difference(document, document.parts[0], document.parts[1]);
  document.fp_settings = {{}, {}};
  for (const char* name : {"subnormal results", "fused multiply-add"}) document.canaries.push_back({name, true, {}});
  document.facts = {.envlock_version = "1.0.0",
                    .device = "cpu",
                    .device_name = "Invented Processor 9000",
                    .details = {{"isa", "avx2"}, {"cores", "2"}},
                    .threads = 2,
                    .seconds = 0.4375,
                    .environment = {}};
  document.verdict = judge(document);
  return document;
}

/// As if the page listed the digests of `golden` for this size.
inline void hold_against(envlock::probe::RunDocument& document, const envlock::probe::RunDocument& golden) {
  document.golden_mismatch = first_difference(document, golden.parts[0], document.parts[0]);
  document.golden_compared = 0;
  for (std::size_t i = 0; i < document.parts[0].steps.size(); ++i) {
    document.golden_compared += document.parts[0].steps[i].ops.size();
  }
  document.verdict = judge(document);
}

/// A Change that flips a bit of one element of a tensor in one step, of both parts or of one.
inline Change flip(int step, const std::string& op, std::size_t element, int bit, const std::string& part = "") {
  return [=](const envlock::probe::Place& place, std::vector<std::uint32_t>& words) {
    if (place.step == step && place.op == op && (part.empty() || place.part == part)) words.at(element) ^= 1u << bit;
  };
}

}  // namespace envlock_test
