// The program that an environment's python runs, so that its torch, or its numpy, says what it computes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::torch {

/// The program's text, which depends on no file.
std::string_view program_text();

struct ProgramOptions {
  std::string tier = "auto";   ///< "torch", "numpy", or "auto": torch where there is one, else numpy
  bool deterministic = true;   ///< of torch: after it ran as found, once more in its deterministic mode
  int steps = 20;              ///< of training, at most 20
  std::string device = "cpu";  ///< or "cuda:0"
  int threads = 0;             ///< of torch; 0: as found
  int descriptor = 1;          ///< takes the results, while libraries may print to others
};

/// The words of the command: python, its options, the program's text and the program's options.
std::vector<std::string> program_command(const std::filesystem::path& python, const ProgramOptions& options);

/// Becomes that python, with the training text as its standard input: for a child process which has the environment
/// that python is to have. Sets PYTHONHASHSEED and, where there is none, CUBLAS_WORKSPACE_CONFIG.
/// Throws: Error "torch-python" when it cannot be started.
[[noreturn]] void become_program(const std::filesystem::path& python, const ProgramOptions& options);

}  // namespace envlock::torch
