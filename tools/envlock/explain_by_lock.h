// Is a file that is not the lock's the reason why a tier computes other bits than were accepted?
#pragma once

#include "envlock/probe/baseline.h"
#include "envlock/report/tier_report.h"
#include "probe_gate.h"
#include "probe_tiers.h"

namespace envlock::tools {

/// Runs the tier again with the lock's own files in the place of those that are others than when it was accepted. True,
/// with the cause in `answer`, where that gives the accepted bits.
bool explain_by_the_lock(const TierRequest& request, const GateLock& lock, const probe::AcceptedTier& accepted,
                         report::TierAnswer& answer);

}  // namespace envlock::tools
