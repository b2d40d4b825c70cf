#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/transaction.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// What a run of `envlock install` did, or with `dry_run` would do.
struct InstallSummary {
  std::string prefix;
  std::string lock_file;
  std::string platform;
  bool dry_run = false;
  bool recovered = false;  ///< an interrupted install was undone first
  const prefix::Difference* difference = nullptr;
  prefix::InstallResult result;
  std::size_t packages = 0;  ///< of the lock, conda's and wheels
  std::size_t downloaded = 0;
  std::uint64_t downloaded_bytes = 0;
  std::size_t borrowed = 0;
  std::uint64_t download_bytes_expected = 0;  ///< dry run: what is not at hand
  double seconds_getting = 0;
  double seconds_linking = 0;
};

/// For people, on stderr. Ends with LF.
std::string text_install(const InstallSummary& summary, const Style& style);
/// The document of `envlock install --json`; docs/formats/json.md.
std::string json_install(const InstallSummary& summary, const std::vector<core::Note>& notes);

}  // namespace envlock::report
