#pragma once

#include "envlock/probe/plan.h"
#include "envlock/probe/run_document.h"
#include "output.h"
#include "probe_args.h"
#include "probe_devices.h"

namespace envlock::tools {

/// The reference run on one device, and again in as many fresh processes as `args` says.
/// Throws: core::Error "repeat-failed", "child-failed", what a run throws.
probe::RunDocument run_reference(const ProbeArgs& args, const ProbeDevice& device, const probe::Plan& plan, Out& out);

/// The run of size `quick` on this machine's processor, and again in so many fresh processes. Throws: as run_reference.
probe::RunDocument run_quick_reference(int repeat, Out& out);

}  // namespace envlock::tools
