// What an order of sums is called: numbers, and one line of words.
#pragma once

#include <string>

#include "envlock/probe/tier_run.h"
#include "sum_tree.h"

namespace envlock::blas {

/// Sets all of the order but `replayed`.
void describe_tree(const SumTree& tree, probe::SumOrder& order);

/// One line. The words are tried: a tree is built from them, and where it is not the tree of the order, the first
/// digits of the order's digest follow. So different orders have different lines.
std::string words(const probe::SumOrder& order);

}  // namespace envlock::blas
