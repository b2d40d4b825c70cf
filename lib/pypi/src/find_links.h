#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/fetch/fetcher.h"
#include "envlock/pypi/project.h"
#include "transports.h"

namespace envlock::pypi {

/// The folders and pages of --find-links: flat lists of files of any project. Each is read once.
class FindLinks {
 public:
  FindLinks(fetch::Fetcher& fetcher, const Transports& transports, std::vector<std::string> places,
            std::int64_t max_age_seconds);

  /// Reads all, unless that was done. What cannot be read is told in `failures`, and in every later call.
  const std::vector<core::Diagnostic>& load(core::Notes& notes);
  /// The files of one project, those of the first place first.
  std::vector<IndexFile> files_of(const std::string& name) const;
  bool empty() const { return places_.empty(); }

 private:
  void load_folder(const std::string& folder);
  void load_page(const std::string& place, core::Notes& notes);
  void add(IndexFile file);

  fetch::Fetcher& fetcher_;
  const Transports& transports_;
  std::vector<std::string> places_;
  std::int64_t max_age_seconds_;
  bool loaded_ = false;
  std::vector<core::Diagnostic> failures_;
  std::vector<IndexFile> files_;
  std::unordered_map<std::string, std::vector<std::size_t>> wheels_;  ///< by name; only asked, never walked
  std::vector<std::size_t> others_;
};

}  // namespace envlock::pypi
