#pragma once

// A PyPI of a test's own, in memory, and a resolver that tries everything.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "envlock/resolve/pypi.h"

namespace envlock::resolve::test {

/// One version of a project with one file.
struct TestRelease {
  std::string version;
  std::vector<std::string> requires_dist;
  std::vector<std::string> extras;
  std::string requires_python;
  std::string tag = "py3-none-any";  ///< "sdist": a source distribution
  bool yanked = false;
  std::string upload_time;
  std::string metadata_requires_python;  ///< where it is not the page's
};

class MemorySource final : public pypi::Source {
 public:
  std::map<std::string, std::vector<TestRelease>> releases;
  std::map<std::string, std::vector<std::string>> also_on;
  std::map<std::string, std::string> status;
  std::set<std::string> silent;             ///< projects whose index does not answer
  std::vector<std::string> asked_pages;     ///< in order
  std::vector<std::string> asked_metadata;  ///< "name version"
  std::vector<std::size_t> batches;         ///< sizes of the calls for metadata

  void add(const std::string& name, TestRelease release) { releases[name].push_back(std::move(release)); }
  std::vector<pypi::FoundProject> projects(const std::vector<std::string>& names) override;
  std::vector<pypi::FoundMetadata> metadata(const std::vector<pypi::MetadataWanted>& wanted) override;
};

/// A problem for linux-64 with python 3.12 and these lines.
struct TestProblem {
  explicit TestProblem(const std::vector<std::string>& lines);
  PypiProblem problem;
  pypi::Tags tags;
};
pypi::PipRequest line(const std::string& text, int number);

/// "a 1.0, b 2.0 [x]" of a solution; "no: CODE" of a conflict.
std::string show(const PypiOutcome& outcome);

/// True when some choice of versions meets the lines; found by trying all of them.
bool has_answer(const MemorySource& source, const PypiProblem& problem);

}  // namespace envlock::resolve::test
