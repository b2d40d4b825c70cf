#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/pypi/project.h"

namespace envlock::pypi {

/// Gathers the files of a project page, whatever form the page has, and sorts out what cannot be a file.
class PageBuilder {
 public:
  PageBuilder(std::string_view page_url, std::string_view name);

  /// Where relative links start, when the page itself says so.
  void set_base(std::string_view url);
  /// `link`: the file's URL as the page has it, relative ones too; its fragment is dropped.
  void add(IndexFile file, std::string_view link);
  void ignore(std::string_view file_name, std::string_view reason);
  void set_status(std::string_view status, std::string_view reason);
  std::size_t ignored() const { return ignored_; }
  /// Each file name once. Says in one note what was left out.
  ProjectPage finish(core::Notes& notes);

 private:
  const char* complete(IndexFile& file, std::string_view link) const;
  std::string absolute(std::string_view link) const;

  std::string shown_url_;  ///< for messages
  std::string base_;       ///< a folder
  bool https_, local_;
  ProjectPage page_;
  std::size_t ignored_ = 0;
  std::vector<std::string> reasons_;
};

/// Throws: core::Error "index-page-invalid".
[[noreturn]] void fail_page(std::string_view page_url, std::string_view name, std::string why,
                            std::vector<std::string> hints = {});

/// "sha256=HEX" or "sha256" and "HEX" apart: absent for other hashes. Sets `broken` for a SHA-256 that is none.
std::optional<core::Sha256> parse_hash(std::string_view algorithm, std::string_view hex, bool& broken);

}  // namespace envlock::pypi
