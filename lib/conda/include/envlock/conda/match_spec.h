#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/conda/version.h"
#include "envlock/core/diagnostic.h"

namespace envlock::conda {

/// A predicate on versions: ">=1.8,<2|1.9.*", "=1.2", "~=0.5.3", "^1\.[0-9]+$", "*".
/// Source: CEP 29.
class VersionSpec {
 public:
  VersionSpec();  ///< matches everything
  /// Throws: core::Error "invalid-version-spec", `where` holding the column.
  static VersionSpec parse(std::string_view text);
  bool matches(const Version& version) const;
  bool matches_everything() const;
  /// Canonical text, spaces removed, lower case.
  const std::string& text() const { return text_; }
  bool operator==(const VersionSpec& other) const { return text_ == other.text_; }

  struct Node;

 private:
  std::string text_;
  std::shared_ptr<const Node> root_;
  friend struct VersionSpecAccess;
};

/// A predicate on one string field: an exact text, a glob ("py3*"), a regular expression ("^...$") or, for numbers, a
/// comparison (">6"). Case does not matter. Regular expressions run in linear time (RE2).
class StringSpec {
 public:
  /// Throws: core::Error "invalid-pattern".
  static StringSpec parse(std::string_view text);
  bool matches(std::string_view text) const;
  const std::string& text() const { return text_; }
  /// The only text that matches, when there is just one.
  std::optional<std::string> exact() const;
  bool operator==(const StringSpec& other) const { return text_ == other.text_; }

  struct Pattern;

 private:
  std::string text_;
  std::shared_ptr<const Pattern> pattern_;
};

/// How strictly a spec is read. `lenient` takes what environment.yml files in the wild hold, and says so in notes.
enum class SpecSyntax { strict, lenient };

/// What a request or a dependency asks for. An absent field matches everything.
/// Source: CEP 29; CEP 43-45 for when, extras, flags.
struct MatchSpec {
  std::string name;  ///< lower case; "*" or a glob only in searches
  std::optional<VersionSpec> version;
  std::optional<StringSpec> build;
  std::optional<std::string> build_number;  ///< "3", ">=3": compared as an integer
  std::optional<std::string> channel;  ///< as written: a name, label path or URL; compared by `resolve` after aliasing
  std::optional<std::string> subdir;
  std::optional<core::Md5> md5;
  std::optional<core::Sha256> sha256;
  std::optional<std::string> url;        ///< a package URL, a full pin
  std::optional<std::string> file_name;  ///< key `fn`
  std::vector<std::pair<std::string, StringSpec>>
      other;                        ///< any other record field (license, timestamp...), sorted by key
  std::optional<std::string> when;  ///< CEP 43, kept as text
  std::vector<std::string> extras;  ///< CEP 44
  std::vector<std::string> flags;   ///< CEP 45

  /// Reads a spec. Notes receive each leniency used ("lenient-spec") with the canonical form to write instead.
  /// Throws: core::Error "invalid-spec"; `where`'s column is relative to `text`, file and line are empty.
  static MatchSpec parse(std::string_view text, SpecSyntax syntax = SpecSyntax::lenient, core::Notes* notes = nullptr);

  /// True when name, version and build (and build number) match: the fields that nearly every spec is made of.
  bool matches(std::string_view record_name, const Version& record_version, std::string_view record_build,
               std::uint64_t record_build_number) const;
  /// True when every field but `channel` matches. `channel` is for the caller, who knows the aliases.
  bool matches(const PackageRecord& record) const;
  /// True when matches(name, version, build, number) decides alone (but for `channel`).
  bool needs_only_identity() const;

  bool operator==(const MatchSpec&) const = default;
};

/// The canonical text (CEP 29, appendix A): parse(format(spec)) == spec, and equal specs have equal texts.
std::string format(const MatchSpec& spec);

}  // namespace envlock::conda
