// The files in a prefix that ask for a BLAS, and the libraries that could be one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace envlock::blas {

/// Something that multiplies matrices.
struct User {
  std::string name;            ///< "numpy"
  std::filesystem::path file;  ///< in whose code the calls are
  /// What python opens, so that `file` is loaded; often the same.
  std::filesystem::path opened;
  /// What it opens for the whole process before that (torch does).
  std::vector<std::filesystem::path> opened_for_all;
  /// Those who get their matrix products from it, as pointers.
  std::vector<std::string> clients;
};

/// In the order numpy, torch, scipy, then others that bring their own; each once, from the first folder for modules
/// that has it. `program`: of several builds of a module that of this python is taken.
std::vector<User> find_users(const std::filesystem::path& prefix, const std::filesystem::path& program);

/// The prefix's python; empty when there is none.
std::filesystem::path find_program(const std::filesystem::path& prefix);

/// site-packages and dist-packages of the prefix, and of `usr` in it.
std::vector<std::filesystem::path> module_folders(const std::filesystem::path& prefix);

/// Names in a folder, sorted; none of one that cannot be read.
std::vector<std::string> names_in(const std::filesystem::path& folder);

/// Files in folders for libraries that are named like a BLAS, the most likely first; links and all.
std::vector<std::filesystem::path> find_candidates(const std::filesystem::path& prefix);

}  // namespace envlock::blas
