#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "closure.h"
#include "envlock/core/progress.h"

namespace envlock::channel {

/// Makes a source of a fetched repodata.json or repodata.json.zst; reads or fills the store.
/// Throws: core::Error "repodata-invalid", "file-unreadable".
/// `forget` is called when the document turns out, while records are read, not to be what its index said.
std::unique_ptr<RecordSource> open_document(const fetch::Fetched& fetched, bool compressed, const std::string& label,
                                            const std::string& place, const OpenOptions& options,
                                            core::Progress& progress, core::Notes& notes,
                                            const std::function<void()>& forget);

/// Base URL of a CEP 15 document for the packages of `channel_base`/`subdir`, without a final slash; empty when it is
/// the folder itself. A channel from the network may not send us to files of this machine: that is told and ignored.
std::string resolve_base_url(const std::string& base_url, const conda::Channel& channel, const std::string& subdir,
                             const std::string& label, core::Notes& notes);

}  // namespace envlock::channel
