#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/progress.h"
#include "envlock/probe/computed.h"
#include "envlock/snapshot/machine.h"

namespace envlock::snapshot {

/// One NVIDIA GPU, as NVML tells. What it does not tell is absent.
struct Gpu {
  std::string uuid;
  std::string name;
  std::string compute_capability;  ///< "9.0"
  std::optional<int> multiprocessors;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<bool> ecc;
  std::string mig;  ///< "off", "on", "" when it is not told

  bool operator==(const Gpu&) const = default;
};

/// A machine, without its name, its users or its addresses.
struct Machine {
  std::string cpu;                ///< "AMD EPYC 9R14 96-Core Processor"
  std::string architecture;       ///< "x86_64"
  std::string microarchitecture;  ///< "zen4"
  std::vector<std::string> isa;   ///< sorted names of the bits that numerical libraries dispatch on: "avx2", "avx512f"
  std::vector<std::pair<std::string, std::uint64_t>> caches;  ///< "L1d", "L2", "L3" -> bytes, one instance of each
  int processors = 0;                                         ///< that this process may use
  std::optional<double> cpu_quota;                            ///< processors, of the control group
  std::uint64_t memory_bytes = 0;
  std::optional<std::uint64_t> memory_limit_bytes;  ///< of the control group
  std::string kernel;                               ///< "6.1.0-18-amd64"
  std::string distribution;                         ///< "Debian GNU/Linux 12 (bookworm)"
  std::string glibc;                                ///< "2.36"
  std::string nvidia_driver;                        ///< "550.54.15"; "" without
  std::string cuda_of_driver;                       ///< "12.4"; "" without
  std::string cuda_toolkit;  ///< of /usr/local/cuda/version.json; "" without: what mamba would take for __cuda
  std::vector<Gpu> gpus;     ///< in the driver's order
  std::vector<conda::VirtualPackage> virtual_packages;
  /// Variables that change what numerical libraries compute or which files are loaded, sorted; values that hold a path
  /// or a secret are cut to what matters.
  std::vector<std::pair<std::string, std::string>> environment;

  bool operator==(const Machine&) const = default;
};
/// What cannot be read is absent; a driver that crashes or hangs is a warning ("cuda-driver-failed").
/// Throws: core::Error "invalid-override", as detect_virtual_packages.
Machine capture_machine(core::Notes& notes, const MachineSources& sources = {});

/// The value of an environment variable as a snapshot stores it: paths, addresses, the names of this machine and its
/// user, and whatever looks like a secret become "***"; a variable named like a secret is "set". Values without any of
/// these are unchanged. docs/formats/snapshot.md has the rules.
std::string public_value(std::string_view name, std::string_view value);

/// A numerical library that was found in the prefix: "openblas 0.3.28" of lib/libopenblasp-r0.3.28.so.
struct FoundLibrary {
  std::string role;                   ///< "blas", "lapack", "cudnn", "cublas", "nccl", "cudart", "openmp", "fft", ...
  std::string name;                   ///< "openblas", "mkl", "blis", "cudnn"
  std::string version;                ///< "" when it is not told
  std::string path;                   ///< relative to the prefix, links resolved
  std::string package;                ///< the conda package or distribution that owns it; "" for none
  std::vector<std::string> provides;  ///< names under lib/ that lead to it, sorted: "libblas.so.3", "liblapack.so.3"

  bool operator==(const FoundLibrary&) const = default;
};

struct SnapshotPackage {
  enum class Kind { conda, pypi };
  Kind kind = Kind::conda;
  std::string name, version, build;
  std::string channel;  ///< without secrets; "local" for a folder; of pypi: the URL it was asked for by, or ""
  std::string subdir, file_name;  ///< of pypi: ""
  std::optional<core::Sha256> sha256;
  std::optional<core::Md5> md5;
  std::vector<std::string> depends;
  bool requested = false;
  /// Prefix-independent: prefix::package_root; distribution_root for pypi. Absent when it was not computed, and of a
  /// distribution that is editable or has no RECORD.
  std::optional<core::Sha256> root;
  bool editable = false;  ///< pypi
  std::string commit;     ///< pypi, of a VCS

  bool operator==(const SnapshotPackage&) const = default;
};

/// An environment.
struct Environment {
  std::string subdir;                            ///< "linux-64"
  std::vector<SnapshotPackage> packages;         ///< sorted by (kind, name, version, build)
  std::map<std::string, std::string> variables;  ///< as public_value gives them
  std::vector<FoundLibrary> libraries;           ///< sorted by (role, path)
  std::optional<core::Sha256> lock;              ///< of conda-meta/envlock.lock
  std::optional<core::Sha256> root;              ///< over the packages' roots; absent when one of them has none

  bool operator==(const Environment&) const = default;
};
enum class Roots { compute, skip };
/// Nothing of the prefix is executed or loaded. A broken conda-meta file, and files that are missing, are warnings.
/// Throws: core::Error "no-environment".
Environment capture_environment(const std::filesystem::path& prefix, Roots roots, core::Progress& progress,
                                core::Notes& notes);

/// The document. Without secrets, host names, user names and paths outside the prefix.
struct Snapshot {
  std::optional<Environment> environment;
  std::optional<Machine> machine;
  std::optional<probe::Computed> computed;  ///< of --probe

  bool operator==(const Snapshot&) const = default;
};
/// What a run tells of its machine, cut to what a snapshot may hold: values as public_value gives them, of files
/// outside the environment the names alone, and no time.
void make_public(probe::Computed& computed);

/// Canonical JSON: docs/formats/snapshot.md.
std::string format(const Snapshot& snapshot);
/// Throws: core::Error "snapshot-invalid" with the place, "snapshot-version"; of what was computed as
/// probe::read_computed.
Snapshot parse(std::string_view text, const std::string& file);
/// True for text that begins like a snapshot.
bool is_snapshot(std::string_view text);

}  // namespace envlock::snapshot
