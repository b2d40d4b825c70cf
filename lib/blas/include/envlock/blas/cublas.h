// cuBLAS and cuBLASLt: the matrix products of an environment that has a GPU.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/blas/find.h"
#include "envlock/blas/replay.h"
#include "envlock/probe/tier_run.h"

namespace envlock::blas {

/// The two libraries of one environment, which are of one version.
struct CublasLibrary {
  std::filesystem::path cublas;    ///< libcublas.so.N: absolute, links resolved
  std::filesystem::path cublaslt;  ///< libcublasLt.so.N; empty: none was found
  std::string user;                ///< "torch"; "": nobody was found that asks for it
  /// What `user` multiplies matrices of floats by: this, or "cublasGemmEx" (torch since 2.x).
  std::string function = "cublasSgemm_v2";
  bool outside = false;  ///< the first lies outside the prefix

  bool operator==(const CublasLibrary&) const = default;
};

/// The cuBLAS that the prefix's torch would load; where no torch asks for one, the one that lies in the prefix. Nothing
/// is loaded or run. Absent where there is none; a torch that has it built in gives the note "cublas-built-in", one
/// whose libraries are nowhere the warning "cublas-not-found".
std::optional<CublasLibrary> find_cublas(const FindOptions& options, core::Notes& notes);

/// The ways to multiply that are tried, each a run of its own: "sgemm" is cublasSgemm as found, in the default math
/// mode; "sgemm-pedantic" the same with CUBLAS_PEDANTIC_MATH, which must not round operands; "lt" is cublasLtMatmul
/// with the algorithm that its heuristics name first. Before cuBLAS 11 there is only the first.
std::vector<std::string> cublas_subjects(const CublasLibrary& library);

/// Of CUBLAS_WORKSPACE_CONFIG, where the environment sets none: what a program needs that wants the same bits twice.
inline constexpr std::string_view kUsualWorkspace = ":4096:8";
/// Bytes that such a text asks for: ":4096:8" is 8 buffers of 4096 KiB; 0 for a text that says nothing.
std::size_t workspace_bytes(std::string_view config);

struct CublasOptions {
  CublasLibrary library;
  std::string subject;           ///< of cublas_subjects
  int device = 0;                ///< of probe::CudaDevice
  std::filesystem::path prefix;  ///< paths are told from here
  std::string size = "quick";
  int steps = 0;                        ///< of the training run; 0: all that the size has
  std::size_t shift = 0;                ///< bytes by which buffers are moved, on the host as on the device
  std::optional<core::Sha256> battery;  ///< as of ComputeOptions
  /// Called before each thing that may crash or hang.
  std::function<void(std::string_view)> stage;
};

/// Loads the libraries into this process, which should exist for nothing else, and computes the tier `cublas` on the
/// GPU. What the driver or the library refuses gives Outcome::unusable with its words. Mapped files have no digests.
/// Source: docs/probe-tiers.md, "cuBLAS".
probe::TierRun compute_cublas(const CublasOptions& options);

/// Single changes that could explain that cuBLAS computes other bits than were accepted.
std::vector<Change> cublas_suspects(const Situation& situation);

}  // namespace envlock::blas
