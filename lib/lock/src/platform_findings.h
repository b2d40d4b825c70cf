#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "envlock/core/text.h"

namespace envlock::lock {

/// Findings about what is locked, each once with all platforms that share it.
class PlatformFindings {
 public:
  void add(const std::string& platform, core::Diagnostic finding) {
    const auto [entry, is_new] = index_.try_emplace({finding.code, finding.what}, all_.size());
    if (is_new) all_.push_back({std::move(finding), {}});
    all_[entry->second].second.push_back(platform);
  }

  void append_to(Findings& findings) {
    for (auto& [finding, platforms] : all_) {
      finding.why.push_back("on " + core::printable(core::join(platforms, ", ")));
      findings.push_back(std::move(finding));
    }
  }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> index_;
  std::vector<std::pair<core::Diagnostic, std::vector<std::string>>> all_;
};

}  // namespace envlock::lock
