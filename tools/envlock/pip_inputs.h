#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "cli_options.h"
#include "envlock/lock/pip.h"
#include "envlock/pypi/index_client.h"
#include "envlock/pypi/requirement_lines.h"
#include "lock_inputs.h"

namespace envlock::tools {

/// What the `pip:` lists ask for, and how their indexes are reached: read once for all platforms.
struct PipInputs {
  pypi::PipRequests requests;
  lock::PipInput input;           ///< for lock::make and lock::check
  pypi::IndexSettings indexes;    ///< transport included: may hold credentials
  fetch::NetworkOptions network;  ///< .condarc's, with what pip's configuration says where that says nothing
  std::filesystem::path folder;   ///< where relative places start: that of the first environment.yml
};

/// Absent when no `pip:` list has a line, or under --conda-only.
/// What pip's configuration says of transport (a mirror of the default index, certificates, a proxy) is used; what it
/// says of the choice (further indexes, pre-releases) is not, with a note: a lock must not depend on the machine.
/// Throws: core::Error with all mistakes of the lines; "pypi-mapping-invalid", "invalid-argument".
std::optional<PipInputs> read_pip_inputs(const LockArgs& args, const LockInputs& inputs, const Session& session,
                                         core::Notes& notes);

/// The fetcher and the indexes behind it. `keep` owns what the source refers to.
struct PipSource {
  std::unique_ptr<fetch::Fetcher> fetcher;
  std::unique_ptr<pypi::Source> source;
};
PipSource open_pip_source(const PipInputs& inputs, const Session& session, core::Notes& notes);

}  // namespace envlock::tools
