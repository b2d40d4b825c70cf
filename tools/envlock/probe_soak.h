#pragma once

#include "exit.h"
#include "output.h"
#include "probe_args.h"
#include "probe_devices.h"

namespace envlock::tools {

/// `envlock probe run --soak`: yes when every digest of every replica was golden.
Exit run_probe_soak(const ProbeArgs& args, const std::vector<ProbeDevice>& devices, const probe::Plan& plan, Out& out);

}  // namespace envlock::tools
