#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "content.h"
#include "envlock/prefix/manifest.h"
#include "envlock/prefix/replacement.h"

namespace envlock::verify {

/// How a file with a placeholder compares with what its package holds.
struct ReplacedOutcome {
  std::optional<prefix::Dialect> dialect;         ///< the one that gives the bytes on disk; absent: none does
  std::string prefix;                             ///< the one that was put in
  std::optional<std::uint64_t> first_difference;  ///< offset on disk, where it differs from conda's result
  std::optional<core::Sha256> sha256;             ///< of the bytes on disk, where comparing gave it on the way
  std::string reason;                             ///< why it could not be compared; "" when it was
  bool too_long = false;  ///< the prefix does not fit in the placeholder: nothing right can be there
};

/// Holds a file on disk against the package's bytes with the placeholder replaced, as these stream by. Memory does not
/// grow with the file: the original is cut where no placeholder can be torn, and each piece is replaced by itself.
/// Order: of `prefixes` the first that fits is told, of its dialects the first.
class ReplacedContent {
 public:
  ReplacedContent(DiskFile file, prefix::Placeholder placeholder, std::vector<std::string> prefixes);
  void add(std::string_view original);
  ReplacedOutcome finish();

 private:
  struct Attempt {
    std::string prefix;
    prefix::Dialect dialect;
    std::uint64_t offset = 0;  ///< on disk, of what was found equal
    std::optional<std::uint64_t> first_difference;
    bool too_long = false;
  };
  bool compare_untouched(std::string_view piece, bool is_clean);
  bool read(std::uint64_t offset, std::size_t count);
  void compare(std::string_view piece, bool last);
  void compare(Attempt& attempt, std::string_view piece, bool last);
  bool is_over() const;

  DiskFile file_;
  prefix::Placeholder placeholder_;
  std::vector<std::string> traces_;  ///< of the placeholder
  std::vector<Attempt> attempts_;
  core::Sha256Hasher hasher_;  ///< of what the first attempt found equal
  std::string pending_;
  std::string have_;          ///< on disk, of the piece that is compared
  std::size_t next_cut_ = 0;  ///< where to cut is looked for when so much is pending
  std::string reason_;
};

/// The prefix that a file with a placeholder was installed to, read off the place where the first placeholder stands.
/// Absent when none can be told. Not proved: put it into a ReplacedContent.
std::optional<std::string> guess_prefix(std::string_view original, std::string_view on_disk,
                                        const prefix::Placeholder& placeholder);

}  // namespace envlock::verify
