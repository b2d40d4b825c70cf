#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// One record that a search found.
struct SearchMatch {
  conda::PackageRecord record;
  std::string channel;  ///< short form for people: "conda-forge"
  /// What this machine lacks of the record's virtual packages: "__cuda >=12.9"; empty: it fits. Used with `here`.
  std::vector<std::string> unmet;
};

/// The answer of `envlock search`.
struct SearchReport {
  std::string spec;                                        ///< as asked
  std::vector<std::string> subdirs;                        ///< searched besides noarch, sorted
  std::vector<SearchMatch> matches;                        ///< by name, then newest first; cut to the limit
  std::size_t total = 0;                                   ///< before the cut
  std::optional<std::vector<conda::VirtualPackage>> here;  ///< --here: this machine's virtual packages
};

/// The table, for stdout: name (when they differ), version, build, channel/subdir, size, date, and with `here` whether
/// it fits this machine.
std::string text_search(const SearchReport& search, const Style& style);
/// The document of `envlock search --json`.
std::string json_search(const SearchReport& search, const std::vector<core::Note>& notes);

}  // namespace envlock::report
