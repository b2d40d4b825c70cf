#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli_options.h"
#include "envlock/verify/verify.h"
#include "install_packages.h"
#include "lock_target.h"

namespace envlock::tools {

/// What to hold a prefix against, and how.
struct VerifyRequest {
  std::filesystem::path prefix;
  const LockTarget* lock = nullptr;   ///< null: against its own records
  std::vector<std::string> accepted;  ///< files of accepted snapshots
  verify::Depth depth = verify::Depth::full;
  bool fetch = false;  ///< get archives that are not at hand
  std::size_t threads = 0;
  std::string installed_at;  ///< where the prefix was made, when it was moved on purpose since; "" otherwise
  std::string command;       ///< for hints: how to run this again
};

/// Where the stamps of a prefix are kept: not in the prefix, whose bytes an install fixes.
std::filesystem::path stamps_file(const std::filesystem::path& cache, const std::filesystem::path& prefix);

/// Runs `verify` with this machine, this process's environment and our cache.
/// Throws: core::Error of reading the prefix, the snapshots or the channels' addresses.
verify::Verification verify_prefix(const VerifyRequest& request, Packages& packages, Session& session, Out& out);

}  // namespace envlock::tools
