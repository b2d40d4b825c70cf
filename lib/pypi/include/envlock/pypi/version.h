#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::pypi {

/// A version of PEP 440: "1!2.0rc1.post2.dev3+cu121.1".
class Version {
 public:
  Version();  ///< "0"
  /// Takes every spelling of PEP 440, appendix B ("v1.0-RC.1"), with white space around it. Numbers are below 2^64,
  /// those of a local label may be of any length.
  /// Throws: core::Error "invalid-version" with the column.
  static Version parse(std::string_view text);
  static std::optional<Version> try_parse(std::string_view text);

  /// The normal form of PEP 440. Equal versions may have different normal forms ("1.0" and "1.0.0").
  std::string format() const;
  /// The normal form without the local label: "2.5.1" of "2.5.1+cu121".
  std::string format_public() const;
  /// The whole first numbers only: "1!2.0".
  std::string format_base() const;

  bool is_prerelease() const { return phase_ != Phase::final || has_dev_; }  ///< a, b, rc or dev
  bool is_postrelease() const { return has_post_; }
  bool has_local() const { return !local_.empty(); }
  /// The local label in normal form: "cu121.1"; "" without.
  const std::string& local() const { return local_; }
  /// The numbers before any suffix, as written: {1, 0, 0} of "1.0.0rc1".
  const std::vector<std::uint64_t>& release() const { return release_; }
  std::uint64_t epoch() const { return epoch_; }

  /// Order: PEP 440, "Summary of permitted suffixes and relative ordering"; a local label sorts after none. Weak, not
  /// strong: "1.0" and "1.0.0" are equivalent.
  friend std::weak_ordering operator<=>(const Version& left, const Version& right);
  friend bool operator==(const Version& left, const Version& right) { return (left <=> right) == 0; }

 private:
  // In the order of versions: a dev release of the final one comes before its alphas, see src/version_order.cpp.
  enum class Phase : std::uint8_t { alpha, beta, candidate, final };

  std::vector<std::uint64_t> release_;
  std::uint64_t epoch_ = 0;
  std::uint64_t pre_ = 0;
  std::uint64_t post_ = 0;
  std::uint64_t dev_ = 0;
  std::string local_;
  Phase phase_ = Phase::final;
  bool has_post_ = false;
  bool has_dev_ = false;
  bool order_is_exact_ = false;
  std::uint64_t order_ = 0;
  friend struct VersionAccess;
};

/// What a clause asks of a version.
enum class Operator { equal, not_equal, less, less_equal, greater, greater_equal, compatible, arbitrary };

/// Whether versions that are pre-releases may match.
enum class Prereleases { exclude, include };

/// One clause: ">=1.2", "==1.4.*", "~=2.2.post3", "===foo".
struct Clause {
  Operator op = Operator::equal;
  Version version;        ///< "0" for "===" with a text that is no version
  bool wildcard = false;  ///< ends in ".*"
  std::string arbitrary;  ///< of "===": the text in lower case; else ""

  /// PEP 440 to the letter; see Specifiers::contains.
  bool contains(const Version& candidate) const;
  /// In normal form: ">=1.2".
  std::string format() const;
};

/// A set of clauses that must all hold: ">=1.2,<2,!=1.5.*". Empty: any version.
class Specifiers {
 public:
  /// Takes what pip takes: spaces around clauses, a version in parentheses, a comma after the last clause.
  /// Throws: core::Error "invalid-specifier" with the column.
  static Specifiers parse(std::string_view text);
  /// What is written in old metadata and taken by uv and pip by mending it, such as ">=3.6.*" or ">=1.0<2": absent when
  /// it cannot be mended. `mended` tells whether it had to be. See docs/pypi.md for the list.
  static std::optional<Specifiers> parse_leniently(std::string_view text, bool* mended = nullptr);

  /// PEP 440 to the letter, local labels included ("==2.5" matches 2.5+cu121, ">2.5" does not match 2.5.post1 or
  /// 2.5+local). With Prereleases::include a pre-release matches as its order says ("<2" still never matches 2.0a1).
  bool contains(const Version& version, Prereleases prereleases = Prereleases::include) const;
  /// A clause names a pre-release (">=2.0b1"), which lets pre-releases in without `--pre`. "!=" does not count.
  bool names_prerelease() const;
  bool empty() const { return clauses_.empty(); }
  /// "==V" or "===V" alone, without wildcard.
  std::optional<Version> exact() const;
  /// Order: canonical, each once. Exact ones first, then lower bounds, upper bounds, exclusions; each by version.
  const std::vector<Clause>& clauses() const { return clauses_; }

  /// Canonical: clauses in normal form, in their order, "," between: ">=1.2,<2" and "<2 , >= 1.2" have one text.
  std::string format() const;
  /// Equal canonical text: ">=1.0" and ">=1.0.0" differ, though they match the same versions.
  bool operator==(const Specifiers& other) const;

 private:
  std::vector<Clause> clauses_;
  friend struct SpecifiersAccess;
};

}  // namespace envlock::pypi
