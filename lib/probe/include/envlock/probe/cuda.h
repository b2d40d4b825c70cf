#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/probe/backend.h"

namespace envlock::probe {

/// A GPU as the driver describes it.
struct CudaDevice {
  int index = 0;            ///< the driver's number, after CUDA_VISIBLE_DEVICES
  std::string name;         ///< "NVIDIA A100-SXM4-40GB"
  std::string uuid;         ///< "GPU-6f0c..." or "MIG-..."; empty where the driver does not tell
  std::string pci_address;  ///< "0000:3b:00.0"; empty where the driver does not tell
  int major = 0;            ///< compute capability
  int minor = 0;
  int multiprocessors = 0;
  std::size_t memory_bytes = 0;
  bool is_mig = false;  ///< a slice of a partitioned GPU
};

struct CudaPlatform {
  std::string library;     ///< the file that was loaded: "libcuda.so.1"
  int driver_version = 0;  ///< of CUDA, as the driver says it: 12040 is 12.4
  std::vector<CudaDevice> devices;
};

/// The driver and every GPU that it shows to this process.
/// Throws: Error "no-cuda-driver", "no-cuda-device", "cuda-failed".
CudaPlatform find_cuda();

struct CudaOptions {
  int device = 0;       ///< CudaDevice::index
  bool digests = true;  ///< false: StepResult has no roots (to measure the computation alone)
  /// Tests only: run this PTX text, whatever its hash, in place of the one that ships. Empty: the one that ships.
  std::string ptx;
  bool self_test = true;  ///< false: tests only
};

/// Computes a plan on a GPU. Before anything else the device must pass a self-test.
/// Throws: Error "no-cuda-driver", "no-cuda-device", "cuda-failed", "ptx-tampered", "gpu-self-test"; its methods
/// "cuda-failed".
std::unique_ptr<Backend> make_cuda_backend(const Plan& plan, const CudaOptions& options);

/// A tensor whose root is not the one it must have, found on the device.
struct CudaMismatch {
  int replica = 0;
  int step = 0;    ///< -1: the initial state
  int tensor = 0;  ///< index into Plan::digested, or of the parameter
  /// The multiprocessors on which the op that made the tensor ran, ascending. A digest that differs because the hashing
  /// went wrong shows here as well: the tensor is named, not the cause.
  std::vector<int> multiprocessors;
};

/// Runs many copies of a plan on one GPU at the same time, so that every multiprocessor works, and compares the roots
/// of each on the device.
class CudaSoak {
 public:
  virtual ~CudaSoak() = default;
  virtual int replicas() const = 0;
  /// Sets every replica to the initial state. `roots` is what initial_tensors must have.
  virtual std::vector<CudaMismatch> start(const std::vector<core::Sha256>& roots) = 0;
  /// One step of every replica; `roots` is what Plan::digested must have. Gives what differs and did not before: the
  /// first tensor of each replica. Steps come in order, from 0, after start().
  virtual std::vector<CudaMismatch> step(const StepInputs& inputs, const std::vector<core::Sha256>& roots) = 0;
};

/// `replicas` 0: enough to keep every multiprocessor busy, as far as the device's memory allows.
/// Throws: as make_cuda_backend.
std::unique_ptr<CudaSoak> make_cuda_soak(const Plan& plan, const CudaOptions& options, int replicas);

}  // namespace envlock::probe
