// The hashing kernels, and the one that compares roots, against the processor's.
#include "cuda_program.h"
#include "device/on_device.h"
#include "envlock/kernels/cuda_soak.h"
#include "envlock/probe/digest_tree.h"

namespace ck = envlock::kernels::cuda;
using namespace envlock_test;
using envlock::core::Sha256;
using envlock::probe::ElementType;
using envlock::probe::cuda::Address;

namespace {

struct Sample {
  std::size_t count;
  ElementType type;
  std::vector<std::uint32_t> words;
};

/// Bits of all kinds: every sixteenth word is a NaN, of either sign and any payload.
std::vector<Sample> make_samples(std::uint32_t replica) {
  std::vector<Sample> samples;
  for (const std::size_t count :
       {1u, 12u, 13u, 14u, 15u, 16u, 17u, 1021u, 1022u, 1023u, 1024u, 1025u, 2048u, 3072u, 5000u, 70001u}) {
    Sample sample{count, count == 16 || count == 2048 ? ElementType::u32 : ElementType::f32, {}};
    for (std::size_t i = 0; i < count; ++i) {
      const auto random =
          envlock::kernels::philox(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(count), replica);
      sample.words.push_back(random.w[1] % 16 == 0 ? random.w[0] | 0x7f800001u : random.w[0]);
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace

TEST_CASE("roots and NaN counts from a GPU are those from a processor", "[device]") {
  if (!has_cuda_device()) return;
  constexpr int kReplicas = 2;
  std::vector<ck::HashTensor> table;
  std::size_t words = 0;
  unsigned leaves = 0;
  for (const Sample& sample : make_samples(0)) {
    table.push_back({.offset = words,
                     .count = static_cast<unsigned>(sample.count),
                     .first_leaf = leaves,
                     .is_float = sample.type == ElementType::f32 ? 1u : 0u});
    words += sample.count + sample.count % 3;  // not always aligned
    leaves += static_cast<unsigned>(blocks_for(static_cast<int>(sample.count), ck::kLeafWords));
  }
  const std::size_t tensors = table.size();
  const std::size_t of_leaves = words;
  const std::size_t of_nans = of_leaves + leaves * 8;
  const std::size_t of_scratch = of_nans + leaves;
  const std::size_t of_roots = of_scratch + (leaves + tensors) * 8;
  const std::size_t of_root_nans = of_roots + tensors * 8;
  const std::size_t bytes = (of_root_nans + tensors) * 4;
  const Address arena = session().allocate(bytes * kReplicas);
  for (std::uint32_t r = 0; r < kReplicas; ++r) {
    const std::vector<Sample> samples = make_samples(r);
    for (std::size_t i = 0; i < tensors; ++i) {
      session().upload(arena + r * bytes + table[i].offset * 4, samples[i].words.data(), samples[i].count * 4);
    }
  }
  const Address table_at = session().allocate(tensors * sizeof table[0]);
  session().upload(table_at, table.data(), tensors * sizeof table[0]);
  const auto at = [&](std::size_t word) { return reinterpret_cast<unsigned*>(arena + word * 4); };
  const ck::Hash hash{at(0),
                      reinterpret_cast<const ck::HashTensor*>(table_at),
                      static_cast<int>(tensors),
                      static_cast<int>(leaves),
                      at(of_leaves),
                      at(of_nans),
                      at(of_scratch),
                      at(of_roots),
                      at(of_root_nans)};
  const ck::Launch launch{.replica_bytes = bytes, .multiprocessors = nullptr};
  auto hash_leaves =
      session().call("envlock_sha256_leaves", {blocks_for(static_cast<int>(leaves), ck::kLeafThreads), 1, kReplicas},
                     ck::kLeafThreads, launch, hash);
  session().launch(hash_leaves);
  for (const int threads : {32, 64, 256}) {
    auto trees =
        session().call("envlock_sha256_trees", {static_cast<int>(tensors), 1, kReplicas}, threads, launch, hash);
    session().launch(trees);
    for (std::uint32_t r = 0; r < kReplicas; ++r) {
      const std::vector<Sample> samples = make_samples(r);
      std::vector<Sha256> leaf_digests(leaves);
      std::vector<Sha256> roots(tensors);
      std::vector<std::uint32_t> nans(tensors);
      session().download(leaf_digests.data(), arena + r * bytes + of_leaves * 4, leaves * 32);
      session().download(roots.data(), arena + r * bytes + of_roots * 4, tensors * 32);
      session().download(nans.data(), arena + r * bytes + of_root_nans * 4, tensors * 4);
      for (std::size_t i = 0; i < tensors; ++i) {
        INFO("replica " << r << ", " << samples[i].count << " words, " << threads << " threads");
        std::uint64_t expected_nans = 0;
        const std::vector<Sha256> expected =
            envlock::probe::tensor_leaves(samples[i].words, samples[i].type, &expected_nans);
        const auto first = leaf_digests.begin() + table[i].first_leaf;
        CHECK(std::vector<Sha256>(first, first + static_cast<std::ptrdiff_t>(expected.size())) == expected);
        CHECK(roots[i] == envlock::probe::tree_root(expected));
        CHECK(nans[i] == expected_nans);
      }
    }
  }
}

TEST_CASE("a GPU finds the first wrong root of each replica, and keeps it", "[device]") {
  if (!has_cuda_device()) return;
  constexpr int kReplicas = 3;
  constexpr int kTensors = 300;
  std::vector<std::uint32_t> expected(kTensors * 8);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<std::uint32_t>(i * 2654435761u);
  std::vector<std::uint32_t> roots;
  for (int r = 0; r < kReplicas; ++r) roots.insert(roots.end(), expected.begin(), expected.end());
  const std::size_t replica_words = expected.size();
  const Address roots_at = session().allocate(roots.size() * 4);
  const Address expected_at = session().allocate(expected.size() * 4);
  std::vector<ck::SoakMismatch> found(kReplicas);
  const Address found_at = session().allocate(found.size() * sizeof found[0]);
  session().upload(expected_at, expected.data(), expected.size() * 4);
  session().upload(found_at, found.data(), found.size() * sizeof found[0]);
  const auto compare = [&](unsigned step) {
    session().upload(roots_at, roots.data(), roots.size() * 4);
    auto call = session().call(
        "envlock_soak_compare", {1, 1, kReplicas}, ck::kSoakThreads,
        ck::Launch{.replica_bytes = replica_words * 4, .multiprocessors = nullptr},
        ck::Soak{reinterpret_cast<const unsigned*>(roots_at), reinterpret_cast<const unsigned*>(expected_at),
                 reinterpret_cast<ck::SoakMismatch*>(found_at), kTensors, step});
    session().launch(call);
    session().download(found.data(), found_at, found.size() * sizeof found[0]);
  };
  compare(0);
  for (const ck::SoakMismatch& mismatch : found) CHECK(mismatch.found == 0);
  // Replica 1 goes wrong in two tensors, by one bit each; later replica 2 in its last, and replica 1 in an earlier one.
  roots[replica_words + 257 * 8 + 7] ^= 1;
  roots[replica_words + 140 * 8] ^= 0x80000000u;
  compare(4);
  roots[replica_words + 3 * 8] ^= 1;
  roots[2 * replica_words + 299 * 8 + 3] ^= 4;
  compare(5);
  CHECK(found[0].found == 0);
  CHECK(found[1].found == 1);
  CHECK(found[1].replica == 1);
  CHECK(found[1].step == 4);
  CHECK(found[1].tensor == 140);
  CHECK(found[2].found == 1);
  CHECK(found[2].step == 5);
  CHECK(found[2].tensor == 299);
}
