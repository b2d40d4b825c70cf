#pragma once

#include <string>

#include "envlock/core/diagnostic.h"
#include "envlock/fetch/fetcher.h"

namespace envlock::pypi {

/// What fetch says of a download that failed, in the words of an index: "offline-miss", "hash-mismatch", else
/// "index-unreachable". `wanted`: "the page of `numpy`".
core::Diagnostic index_failure(const fetch::Fetched& fetched, const std::string& wanted, const std::string& host);

/// "metadata-unavailable": of this file, for that reason.
core::Diagnostic metadata_failure(const std::string& file, std::string why);

/// "`pypi.example`", for messages.
std::string shown_host(const std::string& url);

}  // namespace envlock::pypi
