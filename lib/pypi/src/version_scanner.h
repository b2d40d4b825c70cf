#pragma once

#include <cstddef>
#include <string_view>

#include "envlock/pypi/version.h"

namespace envlock::pypi {

/// Reads a version from the start of a text, as far as it goes: ">=1.0 , <2" holds two. Greedy, without a way back:
/// after "1.0a-" the "-" belongs to the "a", as in the regular expression of PEP 440, appendix B.
class VersionScanner {
 public:
  VersionScanner(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  /// False: there is none; see `reason` and `at`.
  bool scan(Version& version);
  std::size_t at() const { return at_; }
  const char* reason() const { return reason_; }

 private:
  bool fail(const char* reason);
  bool number(std::uint64_t& value);
  bool numbers(Version& version);
  bool skip_separator();
  bool word(std::string_view lower);
  /// "a", "-rc.1": how far the words of a suffix are from their number is up to their writer.
  bool suffix_number(std::uint64_t& value);
  bool pre(Version& version);
  bool post(Version& version);
  bool dev(Version& version);
  bool local(Version& version);
  bool at_digit(std::size_t offset = 0) const;

  std::string_view text_;
  std::size_t at_;
  const char* reason_ = "";
};

/// Sets what a version is compared by. To be called when its parts are known.
struct VersionAccess {
  using Phase = Version::Phase;
  static void set_order(Version& version);
  static std::weak_ordering compare_public(const Version& left, const Version& right);
  static std::weak_ordering compare_local(std::string_view left, std::string_view right);
  /// Do the first numbers of `version` begin with those of `prefix`, and is the epoch the same? "1.4" begins 1.4.2rc1;
  /// a missing number is 0. `length`: how many numbers of `prefix` count.
  static bool begins_with(const Version& version, const Version& prefix, std::size_t length);
  /// Same epoch, numbers and a, b or rc: one is at most a post, dev or local release of the other.
  static bool same_phase(const Version& left, const Version& right);
  /// As `version`.dev0 sorts: before all that has its numbers.
  static bool is_dev(const Version& version) { return version.has_dev_; }
  static Version first_dev_of(const Version& version);

  static std::vector<std::uint64_t>& release(Version& version) { return version.release_; }
  static std::uint64_t& epoch(Version& version) { return version.epoch_; }
  static void set_pre(Version& version, Phase phase, std::uint64_t number);
  static void set_post(Version& version, std::uint64_t number);
  static void set_dev(Version& version, std::uint64_t number);
  static void set_local(Version& version, std::string local) { version.local_ = std::move(local); }
};

}  // namespace envlock::pypi
