#include "envlock/blas/sum_order.h"

#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>
#include <set>

#include "envlock/kernels/cpu_kernels.h"
#include "sum_trees.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::blas_test;
using blas::describe;
using blas::Product;
using blas::read_sum_order;
using blas::read_sum_orders;

namespace {

blas::SumOrderOptions options_for(int K) {
  return {.K = K, .M = 24, .N = 3, .most_seconds = 100};
}

struct Case {
  std::string name;
  int K;
  Term tree;
  std::vector<int> blocks;
  int lanes;
  bool fused;
  std::string words;  ///< without "K = ... in "; "#" stands for the first digits of the digest
};

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto blocked = [](const std::vector<int>& sizes, int count, bool fused, auto join) {
    std::vector<Term> blocks;
    int first = 0;
    for (const int size : sizes) {
      blocks.push_back(join(lanes(first, first + size, count, fused)));
      first += size;
    }
    return in_turn(blocks);
  };
  all.push_back({"one fused chain", 70, chain(range(0, 70), true), {70}, 1, true, "one block; one accumulator; fused"});
  all.push_back({"one chain", 70, chain(range(0, 70), false), {70}, 1, false, "one block; one accumulator; not fused"});
  all.push_back({"blocks, the last two of a size",
                 90,
                 blocked({32, 32, 13, 13}, 1, true, in_turn),
                 {32, 32, 13, 13},
                 1,
                 true,
                 "blocks of 2 x 32, then 2 x 13; one accumulator; fused"});
  all.push_back({"blocks and a rest",
                 75,
                 blocked({32, 32, 11}, 1, false, in_turn),
                 {32, 32, 11},
                 1,
                 false,
                 "blocks of 2 x 32, then 11; one accumulator; not fused"});
  all.push_back({"two lanes",
                 40,
                 in_turn(lanes(0, 40, 2, true)),
                 {40},
                 2,
                 true,
                 "one block; 2 accumulators, added in turn; fused"});
  all.push_back({"four lanes in turn",
                 40,
                 in_turn(lanes(0, 40, 4, false)),
                 {40},
                 4,
                 false,
                 "one block; 4 accumulators, added in turn; not fused"});
  all.push_back({"four lanes in pairs",
                 40,
                 in_pairs(lanes(0, 40, 4, false)),
                 {40},
                 4,
                 false,
                 "one block; 4 accumulators, added in pairs; not fused"});
  all.push_back({"eight lanes by halves",
                 64,
                 by_halves(lanes(0, 64, 8, true)),
                 {64},
                 8,
                 true,
                 "one block; 8 accumulators, added by halves; fused"});
  all.push_back({"sixteen lanes in pairs",
                 64,
                 in_pairs(lanes(0, 64, 16, true)),
                 {64},
                 16,
                 true,
                 "one block; 16 accumulators, added in pairs; fused"});
  std::vector<Term> backwards = lanes(0, 40, 4, true);
  std::ranges::reverse(backwards);
  all.push_back(
      {"four lanes from the last", 40, in_turn(backwards), {40}, 4, true, "one block; 4 accumulators, order #; fused"});
  std::vector<Term> stretches;
  for (const int first : {0, 12, 24, 36}) stretches.push_back(chain(range(first, first + 12), true));
  all.push_back({"lanes that are stretches of k",
                 48,
                 by_halves(stretches),
                 {12, 12, 12, 12},
                 1,
                 true,
                 "blocks of 4 x 12; one accumulator, order #; fused"});
  all.push_back({"blocks of four lanes",
                 72,
                 blocked({24, 24, 16, 8}, 4, false, in_pairs),
                 {24, 24, 16, 8},
                 4,
                 false,
                 "blocks of 2 x 24, then 16, then 8; 4 accumulators, added in pairs; not fused"});
  all.push_back({"blocks of lanes, and a rest one by one",
                 27,
                 in_turn({by_halves(lanes(0, 12, 4, false)), by_halves(lanes(12, 24, 4, false)), product_of(24),
                          product_of(25), product_of(26)}),
                 {12, 12, 1, 1, 1},
                 4,
                 false,
                 "blocks of 2 x 12, then 3 x 1; 4 accumulators, added by halves; not fused"});
  Term carried = by_halves(lanes(0, 12, 4, true));
  for (const int first : {12, 24}) {
    std::vector<Term> four = lanes(first, first + 12, 4, true);
    for (int k = first; k < first + 12; k += 4) carried = sum_of(carried, product_of(k), true);
    four.front() = carried;
    carried = by_halves(four);
  }
  carried = sum_of(carried, by_halves(lanes(36, 44, 4, true)));
  all.push_back({"blocks that begin with the sum so far",
                 44,
                 carried,
                 {12, 12, 12, 8},
                 4,
                 true,
                 "blocks of 3 x 12, then 8; 4 accumulators, the first going on from block to block, added by halves; "
                 "fused"});
  // As a loop that is unrolled by 8 over 2 accumulators leaves the rest to the first.
  const auto with_rest = [](int first, int end, int count, int round) {
    const int middle = first + (end - first) / round * round;
    std::vector<Term> chains = lanes(first, middle, count, true);
    for (int k = middle; k < end; ++k) chains.front() = sum_of(chains.front(), product_of(k), true);
    return chains;
  };
  all.push_back({"a rest in the first of two lanes",
                 45,
                 in_turn({in_turn(with_rest(0, 23, 2, 8)), in_turn(with_rest(23, 45, 2, 8))}),
                 {23, 22},
                 2,
                 true,
                 "blocks of 23, then 22; 2 accumulators, what is over from rounds of 8 in the first, added in turn; "
                 "fused"});
  all.push_back({"a rest in the first of eight lanes",
                 29,
                 in_pairs(with_rest(0, 29, 8, 8)),
                 {29},
                 8,
                 true,
                 "one block; 8 accumulators, what is over from rounds of 8 in the first, added in pairs; fused"});
  std::vector<Term> products;
  for (int k = 0; k < 32; ++k) products.push_back(product_of(k));
  all.push_back({"pairs of pairs", 32, in_pairs(products), std::vector<int>(16, 2), 1, false,
                 "blocks of 16 x 2; one accumulator, order #; not fused"});
  all.push_back({"the rest right after the first block",
                 38,
                 in_turn({chain(range(0, 16), false), chain(range(32, 38), false), chain(range(16, 32), false)}),
                 {16, 16, 6},
                 1,
                 false,
                 "blocks of 2 x 16, then 6; one accumulator, order #; not fused"});
  std::vector<int> down = range(0, 50);
  std::ranges::reverse(down);
  all.push_back({"from the last k",
                 50,
                 chain(down, true),
                 {50},
                 0,
                 true,
                 "one block; no common number of accumulators, order #; fused"});
  all.push_back({"from the last k, rounded",
                 50,
                 chain(down, false),
                 {50},
                 0,
                 false,
                 "one block; no common number of accumulators, order #; not fused"});
  // A block of one product: it is rounded before it is added, though all others are not.
  all.push_back({"a lane of one product",
                 25,
                 sum_of(chain(range(0, 24), true), product_of(24)),
                 {25},
                 1,
                 true,
                 "one block; one accumulator, order #; fused"});
  return all;
}

}  // namespace

TEST_CASE("the order of a sum is read from products") {
  for (const Case& c : cases()) {
    INFO(c.name);
    const probe::SumOrder order = read_sum_order(product_by(c.tree), options_for(c.K));
    CHECK(order.replayed);
    CHECK(order.K == c.K);
    CHECK(order.blocks == c.blocks);
    CHECK(order.lanes == c.lanes);
    CHECK(order.fused == c.fused);
    CHECK(order.tree == digest_of(*c.tree));
    std::string words = "K = " + std::to_string(c.K) + " in " + c.words;
    if (const std::size_t at = words.find('#'); at != std::string::npos)
      words.replace(at, 1, core::format(order.tree).substr(0, 12));
    CHECK(describe(order) == words);
  }
}

TEST_CASE("different orders of a sum never read the same") {
  std::set<std::string> lines;
  for (const Case& c : cases()) lines.insert(describe(read_sum_order(product_by(c.tree), options_for(c.K))));
  CHECK(lines.size() == cases().size());
}

TEST_CASE("an order from a document that makes no sense is told by its digest") {
  constexpr int kMost = std::numeric_limits<int>::max();
  const auto line = [](probe::SumOrder order) {
    order.replayed = true;
    return describe(order);
  };
  CHECK(line({.K = kMost, .blocks = {kMost}, .lanes = kMost}) ==
        "K = 2147483647 in one block; 2147483647 accumulators, order 000000000000; not fused");
  CHECK(line({.K = 4, .blocks = {kMost, kMost, 6}, .lanes = 4}) ==
        "K = 4 in blocks of 2 x 2147483647, then 6; 4 accumulators, order 000000000000; not fused");
  CHECK(line({.K = 4, .blocks = {-4, 8}, .lanes = -1}) ==
        "K = 4 in blocks of -4, then 8; -1 accumulators, order 000000000000; not fused");
  CHECK(line({.K = 4}) == "K = 4 in no blocks; no common number of accumulators, order 000000000000; not fused");
}

TEST_CASE("the text of a tree is what its digest is of") {
  const Term tree = sum_of(sum_of(product_of(3), sum_of(product_of(2), product_of(0), true)), product_of(1), true);
  CHECK(text_of(*tree) == "(((2*0)+3)*1)");
  CHECK(read_sum_order(product_by(tree), options_for(4)).tree == core::sha256("sum-order/1 (((2*0)+3)*1)"));
}

TEST_CASE("any tree of two-term sums is read as it is") {
  std::mt19937 random(20261126);
  for (int round = 0; round < 60; ++round) {
    const int K = 2 + static_cast<int>(random() % 60);
    const bool fused = round % 2 == 0;
    const Term tree = random_tree(range(0, K), random, fused);
    INFO(text_of(*tree));
    const probe::SumOrder order = read_sum_order(product_by(tree), options_for(K));
    CHECK(order.replayed);
    CHECK(order.tree == digest_of(*tree));
    CHECK(std::accumulate(order.blocks.begin(), order.blocks.end(), 0) == K);
  }
}

TEST_CASE("a chain in any order of k takes few products") {
  std::vector<int> ks = range(0, 400);
  std::mt19937 random(7);
  std::shuffle(ks.begin(), ks.end(), random);
  for (const bool backwards : {false, true}) {
    if (backwards) {
      ks = range(0, 400);
      std::ranges::reverse(ks);
    }
    const Term tree = chain(ks, true);
    const probe::SumOrder order =
        read_sum_order(product_by(tree), {.K = 400, .M = 400, .N = 2, .most_products = 40, .most_seconds = 100});
    CHECK(order.replayed);
    CHECK(order.tree == digest_of(*tree));
  }
}

TEST_CASE("of two products either may be the one that is not rounded") {
  for (const bool turned : {false, true}) {
    const Term tree = turned ? sum_of(product_of(1), product_of(0), true) : sum_of(product_of(0), product_of(1), true);
    const probe::SumOrder order = read_sum_order(product_by(tree), options_for(2));
    CHECK(order.replayed);
    CHECK(order.tree == digest_of(*tree));
    CHECK((describe(order) == "K = 2 in one block; one accumulator; fused") == !turned);
  }
}

TEST_CASE("a single product is an order too") {
  const probe::SumOrder order = read_sum_order(product_by(product_of(0)), options_for(1));
  CHECK(order.replayed);
  CHECK(describe(order) == "K = 1 in one block; one accumulator; not fused");
  CHECK_FALSE(read_sum_order(product_by(product_of(0)), options_for(0)).replayed);
}

TEST_CASE("the probe's own kernels add up in one fused chain") {
  for (const kernels::CpuKernels* usable : kernels::usable_cpu_kernels()) {
    for (const kernels::GemmForm form : {kernels::GemmForm::nn, kernels::GemmForm::nt, kernels::GemmForm::tn}) {
      const Product product = [&](const kernels::Gemm& gemm) {
        std::vector<float> workspace(usable->gemm.workspace_floats(gemm, 1) + 16);
        void* aligned = workspace.data();
        std::size_t room = workspace.size() * sizeof(float);
        aligned = std::align(64, room - 64, aligned, room);
        usable->gemm.run(gemm, 0, 1, static_cast<float*>(aligned));
      };
      const probe::SumOrder order = read_sum_order(product, {.K = 300, .M = 48, .form = form, .most_seconds = 100});
      CHECK(describe(order) == "K = 300 in one block; one accumulator; fused");
      CHECK(order.tree == digest_of(*chain(range(0, 300), true)));
    }
  }
}

TEST_CASE("the elements at the edges may have an order of their own") {
  const Term most = chain(range(0, 40), true);
  const Term edge = in_turn(lanes(0, 40, 2, true));
  const Product product = product_by([=](const float* a, const float* b, int, int row, int column) {
    return add_up(row >= 20 || column == 2 ? *edge : *most, a, b);
  });
  const probe::SumOrder order = read_sum_order(product, options_for(40));
  CHECK(order.replayed);
  CHECK(order.tree == digest_of(*most));
  const std::vector<probe::SumOrder> orders = read_sum_orders(product, options_for(40));
  REQUIRE(orders.size() == 2);
  CHECK(orders[0] == order);
  CHECK(orders[1].replayed);
  CHECK(orders[1].tree == digest_of(*edge));
}

TEST_CASE("thin and small products are read as well as large ones") {
  const Term tree = in_pairs(lanes(0, 64, 4, true));
  for (const kernels::GemmForm form : {kernels::GemmForm::nn, kernels::GemmForm::nt, kernels::GemmForm::tn}) {
    for (const auto& [M, N] : {std::pair{1, 40}, std::pair{40, 1}, std::pair{2, 3}, std::pair{1, 1}}) {
      const probe::SumOrder order =
          read_sum_order(product_by(tree), {.K = 64, .M = M, .N = N, .form = form, .most_seconds = 100});
      CHECK(order.replayed);
      CHECK(order.tree == digest_of(*tree));
    }
  }
}

TEST_CASE("what no order of float32 sums gives is not read") {
  const auto unread = [](const Product& product, int K = 48) {
    const probe::SumOrder order = read_sum_order(product, options_for(K));
    CHECK_FALSE(order.replayed);
    CHECK(describe(order) == "not read");
    CHECK(order == probe::SumOrder{.K = K});
  };
  SECTION("sums in double") {
    unread(product_by([](const float* a, const float* b, int K, int, int) {
      double sum = 0;
      for (int k = 0; k < K; ++k) sum += double{a[k]} * double{b[k]};
      return static_cast<float>(sum);
    }));
  }
  SECTION("operands rounded to bfloat16") {
    const auto rounded = [](float value) {
      const auto bits = std::bit_cast<std::uint32_t>(value);
      return std::bit_cast<float>((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u);
    };
    unread(product_by([=](const float* a, const float* b, int K, int, int) {
      float sum = 0;
      for (int k = 0; k < K; ++k) sum = std::fma(rounded(a[k]), rounded(b[k]), sum);
      return sum;
    }));
  }
  SECTION("four products at a time, rounded once") {
    unread(product_by([](const float* a, const float* b, int K, int, int) {
      float sum = 0;
      for (int k = 0; k < K; k += 4) {
        double four = 0;
        for (int n = k; n < std::min(k + 4, K); ++n) four += double{a[n]} * double{b[n]};
        sum = static_cast<float>(double{sum} + four);
      }
      return sum;
    }));
  }
  SECTION("every product added twice, halved") {
    unread(product_by([](const float* a, const float* b, int K, int, int) {
      float sum = 0;
      for (int n = 0; n < 2 * K; ++n) sum += 0.5f * (a[n % K] * b[n % K]);
      return sum;
    }));
  }
  SECTION("another order every time") {
    auto random = std::make_shared<std::mt19937>(1);
    unread(product_by([=](const float* a, const float* b, int K, int, int) {
      return add_up(*random_tree(range(0, K), *random, true), a, b);
    }));
  }
  SECTION("two orders by turns") {
    auto calls = std::make_shared<int>(0);
    const Product one = product_by(chain(range(0, 48), true));
    const Product other = product_by(in_turn(lanes(0, 48, 2, true)));
    unread([=](const kernels::Gemm& gemm) { (++*calls % 2 == 0 ? one : other)(gemm); });
  }
  SECTION("another order for numbers that are no masks") {
    const Term masked = chain(range(0, 48), true);
    const Term other = in_turn(lanes(0, 48, 2, true));
    unread(product_by([=](const float* a, const float* b, int, int, int) {
      const bool is_mask = (a[0] == 0 || a[1] == 0 || a[2] == 0) || (a[0] == 1 || a[1] == 1 || a[2] == 1);
      return add_up(is_mask ? *masked : *other, a, b);
    }));
  }
  SECTION("another order for other columns when operands are masked") {
    unread(product_by([](const float* a, const float* b, int K, int, int column) {
      float sum = 0;
      for (int k = 0; k < K; ++k) sum += a[column > 0 && b[0] == 1 ? K - 1 - k : k] * b[k];
      return sum;
    }));
  }
  SECTION("not a number") {
    unread(
        product_by([](const float*, const float*, int, int, int) { return std::numeric_limits<float>::quiet_NaN(); }));
  }
  SECTION("nothing") {
    unread([](const kernels::Gemm&) {});
  }
}

TEST_CASE("reading ends as soon as the answers fit no tree") {
  int calls = 0;
  const Product inner = product_by([](const float* a, const float* b, int K, int, int) {
    float sum = 0;
    for (int k = 0; k + 2 < K; k += 3)
      sum = static_cast<float>(double{sum} + double{a[k]} * double{b[k]} + double{a[k + 1]} * double{b[k + 1]} +
                               double{a[k + 2]} * double{b[k + 2]});
    return sum;
  });
  const auto product = [&](const kernels::Gemm& gemm) {
    ++calls;
    inner(gemm);
  };
  CHECK_FALSE(read_sum_order(product, {.K = 48, .M = 47, .N = 1, .most_seconds = 100}).replayed);
  CHECK(calls == 4);  // two to find what elements are alike, two rounds of questions
}

TEST_CASE("reading ends with its budget") {
  int calls = 0;
  const Product inner = product_by(chain(range(0, 48), true));
  const Product product = [&](const kernels::Gemm& gemm) {
    ++calls;
    inner(gemm);
  };
  blas::SumOrderOptions options = options_for(48);
  options.most_products = 3;
  CHECK_FALSE(read_sum_order(product, options).replayed);
  CHECK(calls == 3);
  options = options_for(48);
  options.most_seconds = 0;
  CHECK_FALSE(read_sum_order(product, options).replayed);
  CHECK(calls <= 4);
}
