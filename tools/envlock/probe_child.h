// The process in which a library of an environment is loaded. It may crash, hang, print, or change whatever a process
// has: so it is another process, and what it says comes through a descriptor of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "envlock/blas/compute.h"
#include "envlock/blas/cublas.h"
#include "envlock/torch/program.h"

namespace envlock::tools {

/// The word that makes this program such a process. Not for people.
inline constexpr std::string_view kProbeChild = "probe-child";
/// Begins the lines that tell what comes next, before the document.
inline constexpr std::string_view kStageMark = "@stage ";

/// The words after kProbeChild for the tier `blas`.
std::vector<std::string> words_for_blas(const blas::ComputeOptions& options);
/// The words after kProbeChild for the tier `cublas`.
std::vector<std::string> words_for_cublas(const blas::CublasOptions& options);
/// The words after kProbeChild to ask the driver for GPUs: a line "gpu INDEX MAJOR MINOR MULTIPROCESSORS MIG NAME" for
/// each, or "none WHY".
std::vector<std::string> words_for_gpus();
/// The words after kProbeChild to load one file and look at the floating-point environment.
std::vector<std::string> words_for_load(const std::filesystem::path& library);

/// The words after kProbeChild to become the environment's python, which runs the program of the tiers torch and numpy.
std::vector<std::string> words_for_python(const std::filesystem::path& python, const torch::ProgramOptions& options);

/// Does what the words say. Returns the exit code: 0 when the answer is complete.
/// The first word is the process that asked: without it nothing is done.
int run_probe_child(const std::vector<std::string>& words) noexcept;

}  // namespace envlock::tools
