#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "envlock/probe/golden.h"
#include "envlock/probe/run_document.h"

namespace envlock::probe {

/// Fills in which elements of a tensor are wrong: computes the run again up to its step with each kind of this
/// machine's CPU kernels, under IEEE 754's defaults, the fastest first, until the tensor's digest is the wanted one.
/// `have` is the whole wrong tensor.
void locate(const Plan& plan, const Golden& wanted, const std::vector<std::uint32_t>& have, Mismatch& mismatch);

/// The first digest of two parts that differs, over the steps that both have; `want` is the left one's. Elements are
/// compared where both documents have a dump of that tensor.
std::optional<Mismatch> first_difference(const RunDocument& left, const PartRecord& left_part, const RunDocument& right,
                                         const PartRecord& right_part);

}  // namespace envlock::probe
