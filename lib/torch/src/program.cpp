#include "envlock/torch/program.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/schedule.h"

// The assembler copies the file in: no generated source, and nothing to install beside the program.
__asm__(
    ".pushsection .rodata\n"
    ".global envlock_torch_program\n"
    "envlock_torch_program:\n"
    ".incbin \"" ENVLOCK_TORCH_PROGRAM
    "\"\n"
    ".global envlock_torch_program_end\n"
    "envlock_torch_program_end:\n"
    ".popsection\n");
extern "C" const char envlock_torch_program[];
extern "C" const char envlock_torch_program_end[];

namespace envlock::torch {
namespace {

[[noreturn]] void cannot_start(const std::filesystem::path& python, const std::string& what, int error) {
  throw core::Error({.code = "torch-python",
                     .what = "the environment's python cannot be started",
                     .where = std::nullopt,
                     .why = {core::printable(python.string()), what + ": " + std::strerror(error)},
                     .hints = {"see whether `" + core::printable(python.string()) + " -V` works"}});
}

/// A file that is nowhere, with the training text in it, as standard input.
void give_corpus(const std::filesystem::path& python) {
  const int file = memfd_create("corpus", MFD_CLOEXEC);
  if (file < 0) cannot_start(python, "no memory for its input", errno);
  for (std::string_view rest = probe::corpus(); !rest.empty();) {
    const ssize_t written = write(file, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) cannot_start(python, "its input cannot be written", errno);
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (lseek(file, 0, SEEK_SET) != 0 || dup2(file, STDIN_FILENO) < 0) cannot_start(python, "it gets no input", errno);
}

}  // namespace

std::string_view program_text() {
  return {envlock_torch_program, static_cast<std::size_t>(envlock_torch_program_end - envlock_torch_program)};
}

std::vector<std::string> program_command(const std::filesystem::path& python, const ProgramOptions& options) {
  nlohmann::ordered_json json;
  json["fd"] = options.descriptor;
  json["tier"] = options.tier;
  json["variants"] = nlohmann::ordered_json::array({"as-found"});
  if (options.deterministic) json["variants"].push_back("deterministic");
  json["steps"] = options.steps;
  json["device"] = options.device;
  json["threads"] = options.threads;
  return {python.string(), "-s", "-B", "-c", std::string(program_text()), json.dump()};
}

void become_program(const std::filesystem::path& python, const ProgramOptions& options) {
  std::vector<std::string> words = program_command(python, options);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  give_corpus(python);
  setenv("PYTHONHASHSEED", "0", 1);
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  execv(python.c_str(), pointers.data());
  cannot_start(python, "it does not run", errno);
}

}  // namespace envlock::torch
