#pragma once

#include <memory>
#include <string>
#include <vector>

#include "envlock/probe/backend.h"
#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/run_document.h"
#include "probe_args.h"

namespace envlock::tools {

/// Something that can run the probe: this machine's processor, or a GPU.
struct ProbeDevice {
  std::string name;     ///< as --device takes it: "cpu", "cuda:0"
  int cuda_index = -1;  ///< -1: the processor
  probe::Facts facts;
};

/// What --device names: one device, or with "all" the processor and every GPU.
/// Throws: core::Error "unknown-device", "no-cuda-driver", "no-cuda-device", "unknown-isa".
std::vector<ProbeDevice> choose_devices(const ProbeArgs& args);

std::unique_ptr<probe::Backend> make_backend(const ProbeDevice& device, const probe::Plan& plan,
                                             const probe::CpuOptions& options);

}  // namespace envlock::tools
