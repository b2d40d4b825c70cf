#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "envlock/conda/index.h"
#include "envlock/conda/request.h"
#include "envlock/resolve/conda.h"

namespace envlock_test {

/// One solver case, read from fixtures/solver/*.txt: a repository, requests, and what is to come out.
/// The first lines, beginning with "#", say what the case shows. Then, one a line, in this order:
///   virtual NAME=VERSION=BUILD         a fact of the platform
///   priority strict|flexible|disabled  default strict
///   taint off                          mamba's order
///   channel NAME                       in rank order; default one channel "main"
///   record NAME VERSION BUILD [KEY=VALUE...]   keys: number, channel, subdir (noarch), file, features, timestamp, md5
///     needs SPEC                       indented lines belong to the record above
///     limits SPEC
///   request SPEC                       numbered by its line in the case file
///   implied SPEC by WHAT               a request that no line makes
///   favored NAME VERSION BUILD         a locked record
///   update NAME                        decides first
/// and last what is expected: lines "= NAME VERSION BUILD [CHANNEL/SUBDIR]" for the chosen records, or "! TEXT" for the
/// explanation. `test_resolve --update` rewrites the expectation.
struct CaseFile {
  std::filesystem::path path;
  std::string head;  ///< everything before the expectation
  std::vector<std::string> expected;
  std::vector<envlock::conda::Channel> channels;
  std::vector<envlock::conda::PackageRecord> records;
  std::vector<envlock::conda::Request> requests;
  envlock::resolve::CondaOptions options;

  envlock::conda::Index index() const;
};

/// Throws std::runtime_error, with the line, for a file that does not follow the format.
CaseFile read_case(const std::filesystem::path& path);

/// The outcome in the form of `expected`.
std::vector<std::string> outcome_lines(const envlock::resolve::Outcome& outcome);

}  // namespace envlock_test
