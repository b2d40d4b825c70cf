#pragma once

#include <string>

#include "envlock/report/report.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::report {

/// What a snapshot holds, in a line a fact: packages and roots, numerical libraries, processor, memory, GPUs,
/// variables. The document itself is snapshot::format's.
std::string text_snapshot(const snapshot::Snapshot& snapshot, const Style& style);

}  // namespace envlock::report
