#include "envlock/blas/sum_order.h"

#include <algorithm>
#include <bit>
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
bool replays(MaskedProducts& products, const SumTree& tree, RandomData data) {
  const auto elements = products.random_elements(data);
  return elements && std::ranges::all_of(*elements, [&](const MaskedProducts::Element& element) {
           return std::bit_cast<std::uint32_t>(evaluate(tree, element.a, element.b)) ==
                  std::bit_cast<std::uint32_t>(element.c);
         });
}

probe::SumOrder read_order(MaskedProducts& products, int K) {
  probe::SumOrder order{.K = K};
  std::optional<SumTree> tree = read_tree(products, K);
  if (!tree || !read_fusion(products, *tree)) return order;
  order.replayed =
      replays(products, *tree, RandomData::independent) && replays(products, *tree, RandomData::cancelling);
  if (order.replayed) describe_tree(*tree, order);
  return order;
}

std::vector<probe::SumOrder> read_orders(const Product& product, const SumOrderOptions& options, std::size_t most) {
  std::vector<probe::SumOrder> unread = {{.K = options.K}};
  if (options.K < 1 || options.M < 1 || options.N < 1) return unread;
  MaskedProducts products(product, options);
  auto kinds = products.find_like_elements();
  if (!kinds || kinds->empty()) return unread;
  std::vector<probe::SumOrder> orders;
  for (LikeElements& like : *kinds) {
    if (orders.size() == most) break;
    products.look_at(std::move(like));
    orders.push_back(read_order(products, options.K));
  }
  return orders;
}

}  // namespace

probe::SumOrder read_sum_order(const Product& product, const SumOrderOptions& options) {
  return read_orders(product, options, 1).front();
}

std::vector<probe::SumOrder> read_sum_orders(const Product& product, const SumOrderOptions& options) {
  constexpr std::size_t kMost = 4;
  return read_orders(product, options, kMost);
}

std::string describe(const probe::SumOrder& order) {
  return order.replayed ? words(order) : "not read";
}

}  // namespace envlock::blas
