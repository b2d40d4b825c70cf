#pragma once

#include <curl/curl.h>

#include <filesystem>
#include <optional>
#include <string>

#include "envlock/core/diagnostic.h"
#include "envlock/fetch/fetcher.h"
#include "response.h"

namespace envlock::fetch {

/// How one transfer ended, as far as going on is concerned.
enum class Ending {
  success,       ///< 200 or 206: a body to be checked
  not_modified,  ///< 304
  not_found,
  retry,        ///< may well work in a moment, at the same place
  unreachable,  ///< nobody answers: rather try another place; else as retry
  failure,      ///< will not get better
};

struct Verdict {
  Ending ending = Ending::failure;
  core::Diagnostic diagnostic;  ///< for all endings but success
};

struct TransferOutcome {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string asked;      ///< what was asked for, without secrets
  std::string url;        ///< where that led in the end, likewise
  std::string final_url;  ///< the same as Fetched::final_url
  std::string message;    ///< libcurl's own words
  Response response;
  int write_error = 0;  ///< errno of writing the body
  bool too_large = false;
  std::uint64_t received = 0;
};

Verdict judge(const TransferOutcome& outcome, const Download& download, const NetworkOptions& options);

/// Absent when the answer holds the bytes that `range` asks for; else "range-mismatch". `status` is 206.
std::optional<core::Diagnostic> check_range(const Response& response, const Download& download);

/// "not-found", "file-unreadable".
core::Diagnostic failure_of_file(const std::filesystem::path& path, int error);
/// "disk-full" or "cache-unwritable".
core::Diagnostic failure_of_writing(const Download& download, int error);
core::Diagnostic failure_offline(const Download& download);
core::Diagnostic failure_of_place(const std::string& place);

}  // namespace envlock::fetch
