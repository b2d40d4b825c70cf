#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/prefix/manifest.h"
#include "replacement_edits.h"
#include "replacement_places.h"

namespace envlock::prefix {

/// The ways back from an installed file to the package's. The texts given must outlive it, and it its edits.
class Restoration {
 public:
  Restoration(std::string_view installed, const Placeholder& placeholder, std::string_view prefix);
  Restoration(const Restoration&) = delete;
  Restoration& operator=(const Restoration&) = delete;

  /// The likeliest way back.
  Edits guess() const;
  /// The way back whose result has that hash, among the likely ones. The work is bounded: some 4096 tries, and at most
  /// 256 MiB hashed beyond the first few.
  std::optional<Edits> find(const core::Sha256& original) const;

 private:
  // What a first line may have been. `removed` bytes at the start become `text`; `repeated`: so did that line
  // wherever it stands again, as conda does it.
  struct FirstLine {
    std::size_t removed;
    std::string_view text;
    bool repeated;
  };
  class Tries;

  void add_first_line(std::size_t removed, std::string text);
  void find_env_line(std::string_view line);
  void find_shell_line();
  void find_escaped_line(std::string_view line);
  Edits edits(const std::vector<bool>& kept, const FirstLine* first_line) const;
  std::vector<std::vector<bool>> selections() const;

  std::string_view installed_;
  std::string_view placeholder_;
  std::string_view prefix_;
  FileMode mode_;
  PrefixPlaces places_;
  std::vector<bool> likely_kept_;
  std::deque<std::string> texts_;
  std::vector<FirstLine> first_lines_;
  const FirstLine* likely_first_line() const;
};

}  // namespace envlock::prefix
