#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "yaml.h"

namespace envlock::diff {

/// Reads the part of YAML that programs write locks in: block maps and sequences by spaces, plain and quoted scalars of
/// one line, flow sequences of such scalars, `{}`, comments. Gives up at anything else, and at any doubt.
class FastYaml {
 public:
  explicit FastYaml(Yaml& tree) : tree_(tree), rest_(tree.source_) {}
  /// False: not read, and nothing in the tree counts.
  bool read();

 private:
  using Id = Yaml::Id;

  /// Goes to the next line that holds something.
  void advance();
  bool is_entry() const { return content_ == "-" || content_.starts_with("- "); }
  Id block(std::size_t indent, int depth);
  Id sequence(std::size_t indent, int depth);
  Id map(std::size_t indent, int depth);
  /// What stands behind "- " or "key:" on the same line, or in the lines below.
  Id value(std::string_view text, std::size_t indent, int depth, bool may_be_level);
  /// A scalar or a flow value; `text` begins with it and may end in a comment.
  Id inline_value(std::string_view text);
  Id flow_sequence(std::string_view text);
  std::optional<std::string_view> quoted(std::string_view text, std::size_t& end);
  std::optional<std::string_view> plain(std::string_view text) const;
  /// The length of the key at the start of `text`, and where its value begins; absent when there is no key.
  struct Key {
    std::string_view text;
    std::string_view rest;
  };
  std::optional<Key> key(std::string_view text);
  Id give_up() {
    failed_ = true;
    return Yaml::kNone;
  }
  void attach(Id parent, Id& last, Id child);

  Yaml& tree_;
  std::string_view rest_;     ///< the lines not yet looked at
  std::string_view content_;  ///< of the current line, without indentation and trailing spaces
  std::size_t indent_ = 0;
  int line_ = 0;
  bool at_end_ = false;
  bool failed_ = false;
};

}  // namespace envlock::diff
