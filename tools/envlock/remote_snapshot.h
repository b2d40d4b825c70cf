#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::tools {

/// An environment on another machine: ssh://[USER@]HOST[:PORT]/PREFIX.
struct RemotePlace {
  std::string destination;  ///< "user@host", as ssh takes it
  std::string port;         ///< digits, or ""
  std::string prefix;       ///< absolute, or relative to the home folder there ("/~/envs/ml"); "" when none is named
};

bool is_remote(std::string_view text);
/// Throws: core::Error "invalid-argument" for what ssh could take for an option or the shell there for more than a
/// word, and for a password.
RemotePlace parse_remote(std::string_view text);

/// Runs `envlock snapshot` there with these further words, by ssh without asking for passwords, and reads its answer.
/// What it told on standard error goes into notes.
/// Throws: core::Error "ssh-missing", "ssh-failed" (with ssh's own words), "remote-envlock-missing", "remote-failed"
/// (with the words of the envlock there), and what snapshot::parse throws.
snapshot::Snapshot take_remote_snapshot(const RemotePlace& place, const std::vector<std::string>& words,
                                        core::Notes& notes);

}  // namespace envlock::tools
