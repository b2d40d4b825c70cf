#include "envlock/blas/sum_order.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "masked_products.h"
#include "sum_fusion.h"
#include "sum_tree.h"
#include "sum_tree_reader.h"
#include "sum_words.h"

namespace envlock::blas {
namespace {

/// Whether adding up random data in the order of the tree gives the bits of the product.
bool replays(MaskedProducts& products, const SumTree& tree, std::uint32_t seed) {
  constexpr std::size_t kElements = 24;
  const auto random = products.random(seed);
  if (!random) return false;
  const std::vector<int>& rows = products.rows();
  const std::vector<int>& columns = products.columns();
  const auto K = static_cast<std::size_t>(tree.K);
  for (std::size_t e = 0; e < kElements; ++e) {
    // From the first to the last row and, in another rhythm, over the columns.
    const int r = rows[e * (rows.size() - 1) / (kElements - 1)];
    const int n = columns[e * 7 % columns.size()];
    const float ours = evaluate(tree, {random->a.row(r), K}, {random->b_transposed.row(n), K});
    if (std::bit_cast<std::uint32_t>(ours) != std::bit_cast<std::uint32_t>(random->c.row(r)[n])) return false;
  }
  return true;
}

}  // namespace

probe::SumOrder read_sum_order(const Product& product, const SumOrderOptions& options) {
  probe::SumOrder order;
  order.K = options.K;
  if (options.K < 1 || options.M < 1 || options.N < 1) return order;
  MaskedProducts products(product, options);
  if (!products.find_like_elements()) return order;
  std::optional<SumTree> tree = read_tree(products, options.K);
  if (!tree) return order;
  for (const FusionReading reading : {FusionReading::pairs, FusionReading::every_product}) {
    if (!read_fusion(products, reading, *tree)) return order;
    if (!replays(products, *tree, 1)) continue;
    order.replayed = replays(products, *tree, 2);
    break;
  }
  if (order.replayed) describe_tree(*tree, order);
  return order;
}

std::string describe(const probe::SumOrder& order) {
  return order.replayed ? words(order) : "not read";
}

}  // namespace envlock::blas
