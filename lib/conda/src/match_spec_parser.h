#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "spec_failure.h"

namespace envlock::conda {

/// One leniency: what was accepted although CEP 29 says otherwise, and where.
struct Leniency {
  std::size_t offset = 0;
  std::size_t length = 1;
  std::string what;
};

/// What a single "=" before a version means.
enum class EqualsMeans { exact, fuzzy };

/// Reads one spec; the work is spread over match_spec_parse.cpp (the whole and its positional part),
/// match_spec_brackets.cpp (the keys in brackets) and match_spec_url.cpp (URLs and paths of packages).
/// Offsets are bytes of `text`. Throws: SpecFailure.
class MatchSpecParser {
 public:
  MatchSpecParser(std::string_view text, SpecSyntax syntax) : text_(text), syntax_(syntax) {}
  MatchSpec run();
  const std::vector<Leniency>& leniencies() const { return leniencies_; }
  /// Things a user should know even though the spec is well-formed.
  const std::vector<Leniency>& warnings() const { return warnings_; }

 private:
  struct Span {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t size() const { return last - first; }
    bool empty() const { return first == last; }
  };
  std::string_view view(Span span) const { return text_.substr(span.first, span.size()); }
  Span trimmed(Span span) const;
  /// Notes a leniency, or fails when the syntax is strict.
  void lenient(Span where, std::string what);

  Span without_comment(Span span);
  std::size_t find_brackets(Span span) const;
  void parse_with_brackets(Span all, std::size_t open);
  bool parse_package_file(Span span);
  void parse_file_url(std::string_view location, std::string_view fragment, Span span);
  void parse_legacy_feature(Span span);

  void parse_positional(Span span);
  Span parse_channel(Span span);
  void set_channel(std::string_view written, Span where);
  Span parse_name(Span span);
  void parse_version_and_build(Span rest, bool separated_by_space);
  void set_version(Span version, EqualsMeans equals);
  void set_build(std::string_view build, Span where);
  Span strip_legacy_parentheses(Span span);

  struct Value {
    std::string text;
    std::vector<std::string> list;
    bool is_list = false;
    bool quoted = false;
    Span where;
  };
  /// Reads "[key=value,...]" that begins at `open`; the offset after it.
  std::size_t parse_brackets(std::size_t open, std::size_t end);
  Value parse_value(std::size_t& at, std::size_t end, std::string_view key);
  void parse_list(Value& value, std::size_t& at, std::size_t end);
  void set_key(std::string_view key, Span key_where, Value& value);
  void set_version_key(const Value& value);
  void set_build_number(std::string_view text, Span where);
  void set_name_list(std::vector<std::string>& target, const Value& value, bool globs);
  std::string parse_condition(const Value& value);

  std::string_view text_;
  SpecSyntax syntax_;
  MatchSpec spec_;
  std::vector<std::string> seen_keys_;
  std::vector<Leniency> leniencies_;
  std::vector<Leniency> warnings_;
};

}  // namespace envlock::conda
